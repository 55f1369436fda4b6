/** What the layout needs of a snapshot. */
export interface TreeNode {
  readonly id: string;
  readonly parent: string | null;
  readonly createdAt: string;
}

/** The id of the row that stands for the present. */
export const presentId = 'present';

/** A node's place: rows follow each other from top to bottom, lanes from left to right. */
export interface TreeRow {
  readonly id: string;
  readonly lane: number;
  /** Counts branches; 0 is the trunk, which leads to the present. */
  readonly branch: number;
  /** How deep in the tree, from 1; the position among the children of its parent, from 1, and their number. */
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
}

/** A line from a parent to its child, both given by their place. */
export interface TreeEdge {
  readonly from: { readonly row: number; readonly lane: number };
  readonly to: { readonly row: number; readonly lane: number };
  readonly childId: string;
  /** The child's branch. */
  readonly branch: number;
}

export interface TreeLayout {
  readonly rows: readonly TreeRow[];
  /** How many lanes are used. */
  readonly laneCount: number;
  readonly edges: readonly TreeEdge[];
}

/**
 * Lays a timeline out: parents above their children, one node a row, one lane a branch. The path to the present is the trunk, in
 * the first lane, and the present is the last row. Side branches stand between a node and the trunk's next one, one lane
 * further in, so no line ever runs beside a node on its inner side. Off the trunk the largest subtree goes on in the lane, which
 * keeps the lanes at the logarithm of the nodes.
 */
export function layoutTree(snapshots: readonly TreeNode[], current: string | null): TreeLayout {
  const tree = plantTree(snapshots, current);
  const rows: TreeRow[] = [];
  const edges: TreeEdge[] = [];
  let branchCount = 1;
  /** Lays a branch and all that hangs on it; goes deeper only for side branches, so a long branch costs no stack. */
  const layBranch = (first: Place, lane: number, branch: number): void => {
    for (let place: Place | undefined = first; place !== undefined; ) {
      const row: number = rows.length;
      rows.push({ id: place.id, lane, branch, level: place.level, position: place.position, siblings: place.siblings });
      if (place.parent !== undefined) edges.push({ from: place.parent, to: { row, lane }, childId: place.id, branch });
      const children = orderChildren(tree, place.id);
      const { level } = place;
      const placeOf = (id: string, index: number): Place => ({
        id,
        level: level + 1,
        position: index + 1,
        siblings: children.length,
        parent: { row, lane },
      });
      for (const [index, id] of children.slice(0, -1).entries()) layBranch(placeOf(id, index), lane + 1, branchCount++);
      const last = children.at(-1);
      place = last === undefined ? undefined : placeOf(last, children.length - 1);
    }
  };
  for (const [index, id] of tree.roots.entries()) {
    const isTrunk = index === tree.roots.length - 1;
    layBranch(
      { id, level: 1, position: index + 1, siblings: tree.roots.length, parent: undefined },
      0,
      isTrunk ? 0 : branchCount++,
    );
  }
  return { rows, edges, laneCount: Math.max(...rows.map(({ lane }) => lane)) + 1 };
}

interface Place {
  readonly id: string;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  readonly parent: { readonly row: number; readonly lane: number } | undefined;
}

interface Tree {
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** How many nodes a subtree has. */
  readonly weights: ReadonlyMap<string, number>;
  readonly trunk: ReadonlySet<string>;
  /** The trunk's own root last. */
  readonly roots: readonly string[];
}

/** Children in the order of their rows: side branches, then the one that goes on in the lane. */
function orderChildren({ children, weights, trunk }: Tree, id: string): readonly string[] {
  const all = children.get(id) ?? [];
  if (all.length < 2) return all;
  const weightOf = (child: string) => (trunk.has(child) ? Number.POSITIVE_INFINITY : (weights.get(child) ?? 1));
  // The oldest comes first, so of equals the newest goes on.
  const heaviest = all.reduce((best, child) => (weightOf(child) >= weightOf(best) ? child : best));
  return [...all.filter((child) => child !== heaviest), heaviest];
}

function plantTree(snapshots: readonly TreeNode[], current: string | null): Tree {
  const known = new Map(snapshots.map((node) => [node.id, node]));
  const sorted = [...snapshots].sort((a, b) => a.createdAt.localeCompare(b.createdAt) || (a.id < b.id ? -1 : 1));
  const parents = new Map(sorted.map(({ id, parent }) => [id, parent !== null && known.has(parent) ? parent : null]));
  cutCircles(parents);
  parents.set(presentId, current !== null && known.has(current) ? current : null);

  const children = new Map<string, string[]>();
  const roots: string[] = [];
  for (const [id, parent] of parents) {
    if (parent === null) roots.push(id);
    else children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const trunk = new Set<string>();
  for (let id: string | null = presentId; id !== null; id = parents.get(id) ?? null) trunk.add(id);

  const topDown: string[] = [...roots];
  for (const id of topDown) topDown.push(...(children.get(id) ?? []));
  const weights = new Map<string, number>();
  for (const id of topDown.toReversed())
    weights.set(id, 1 + (children.get(id) ?? []).reduce((sum, child) => sum + (weights.get(child) ?? 0), 0));
  return { children, weights, trunk, roots: [...roots.filter((id) => !trunk.has(id)), ...roots.filter((id) => trunk.has(id))] };
}

/** A file edited by hand may name parents in a circle; the node that closes one becomes a root. */
function cutCircles(parents: Map<string, string | null>): void {
  const isRooted = new Set<string>();
  for (const start of parents.keys()) {
    const path = new Set<string>();
    let id: string | null = start;
    while (id !== null && !isRooted.has(id)) {
      path.add(id);
      const parent: string | null = parents.get(id) ?? null;
      if (parent !== null && path.has(parent)) parents.set(id, null);
      id = parents.get(id) ?? null;
    }
    for (const rooted of path) isRooted.add(rooted);
  }
}
