import type { SnapshotInfo, TimelineInfo } from '../../contract/snapshot.ts';

/** What stands for the lines of the tree. */
export interface TreeMarks {
  readonly snapshot: string;
  readonly present: string;
  readonly branch: string;
  readonly line: string;
  readonly start: string;
}

export const unicodeMarks: TreeMarks = { snapshot: '●', present: '◆', branch: '├─', line: '│ ', start: '○' };
export const asciiMarks: TreeMarks = { snapshot: '*', present: '@', branch: '|-', line: '| ', start: 'o' };

/** A line of the tree: what is drawn before the name, and what it is about. */
export interface TreeRow {
  readonly drawing: string;
  readonly about: SnapshotInfo | 'present' | 'start';
}

/**
 * Lays a timeline out as lines, oldest first. What grew from a node goes on below it in the same column; other branches stand
 * to the right of that column, so the way to the present is one straight line on the left, and long chains stay narrow.
 */
export function layOutSnapshots(timeline: TimelineInfo, marks: TreeMarks): TreeRow[] {
  const rows: TreeRow[] = [];
  const children = groupByParent(timeline);
  const trunk = findTrunk(timeline);
  const draw = (first: Node, lead: string, lane: string): void => {
    let node: Node | undefined = first;
    for (let start = lead; node !== undefined; start = lane) {
      rows.push({ drawing: start + chooseMark(node, marks), about: node });
      const grown: readonly Grown[] = node === 'present' ? [] : (children.get(node === 'start' ? null : node.id) ?? []);
      const next: Grown | undefined = grown.find((one) => one === 'present' || trunk.has(one.id)) ?? grown.at(-1);
      for (const branch of grown) if (branch !== next) draw(branch, lane + marks.branch, lane + marks.line);
      node = next;
    }
  };
  const roots = children.get(null) ?? [];
  const [only] = roots;
  // Where several grew from nothing, the nothing is drawn too.
  if (only !== undefined) draw(roots.length === 1 ? only : 'start', '', '');
  return rows;
}

type Node = TreeRow['about'];
type Grown = SnapshotInfo | 'present';

function chooseMark(node: Node, marks: TreeMarks): string {
  return node === 'present' ? marks.present : node === 'start' ? marks.start : marks.snapshot;
}

/** By the id of the parent, null for what has none, each list oldest first. */
function groupByParent({ snapshots, current }: TimelineInfo): Map<string | null, Grown[]> {
  const known = new Set(snapshots.map(({ id }) => id));
  const children = new Map<string | null, Grown[]>();
  const add = (parent: string | null, child: Grown): void => {
    const key = parent !== null && known.has(parent) ? parent : null;
    children.set(key, [...(children.get(key) ?? []), child]);
  };
  for (const snapshot of snapshots) add(snapshot.parent, snapshot);
  add(current, 'present');
  return children;
}

/** The snapshots that the present grew from. */
function findTrunk({ snapshots, current }: TimelineInfo): Set<string> {
  const parents = new Map(snapshots.map(({ id, parent }) => [id, parent]));
  const trunk = new Set<string>();
  for (let id: string | null = current; id !== null && !trunk.has(id); id = parents.get(id) ?? null) trunk.add(id);
  return trunk;
}
