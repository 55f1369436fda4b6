import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutTree, presentId, type TreeLayout, type TreeNode } from '../../../renderer/features/snapshot/layout-tree.ts';

/** Nodes from `child<parent` words, in the order of their times. */
function nodes(words: string): TreeNode[] {
  return words.split(' ').map((word, index) => {
    const [id = '', parent = null] = word.split('<');
    return { id, parent, createdAt: new Date(Date.UTC(2026, 0, 1, index)).toISOString() };
  });
}

/** One line a row: the lane as indentation, the name, the branch. */
function draw({ rows }: TreeLayout): string[] {
  return rows.map(({ id, lane, branch }) => `${'  '.repeat(lane)}${id} ${branch}`);
}

describe('the layout of a timeline', () => {
  it('shows the present alone when there is no snapshot', () => {
    expect(layoutTree([], null)).toEqual({
      rows: [{ id: presentId, lane: 0, branch: 0, level: 1, position: 1, siblings: 1 }],
      edges: [],
      laneCount: 1,
    });
  });

  it('keeps a straight line in one lane', () => {
    const layout = layoutTree(nodes('a b<a c<b'), 'c');
    expect(draw(layout)).toEqual(['a 0', 'b 0', 'c 0', 'present 0']);
    expect(layout.edges.map(({ from, to }) => [from.row, to.row])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
  });

  it('lets the path to the present run straight, and puts side branches between', () => {
    const layout = layoutTree(nodes('a b<a c<b d<a e<d f<a'), 'e');
    expect(draw(layout)).toEqual(['a 0', '  b 1', '  c 1', '  f 2', 'd 0', 'e 0', 'present 0']);
    expect(layout.rows.map(({ level, position, siblings }) => `${level}: ${position}/${siblings}`)).toEqual([
      '1: 1/1',
      '2: 1/3',
      '3: 1/1',
      '2: 2/3',
      '2: 3/3',
      '3: 1/1',
      '4: 1/1',
    ]);
  });

  it('ends at the present when that stands before a branch', () => {
    expect(draw(layoutTree(nodes('a b<a c<b'), 'a'))).toEqual(['a 0', '  b 1', '  c 1', 'present 0']);
  });

  it('goes on with the largest subtree off the trunk', () => {
    expect(draw(layoutTree(nodes('a b<a c<b d<c e<b'), null))).toEqual(['a 1', 'b 1', '  e 2', 'c 1', 'd 1', 'present 0']);
  });

  it('shows trees without a common root one after the other', () => {
    expect(draw(layoutTree(nodes('a b c<a'), 'b'))).toEqual(['a 1', 'c 1', 'b 0', 'present 0']);
  });

  it('takes a node with a lost parent, or parents in a circle, for a root', () => {
    expect(draw(layoutTree(nodes('a<gone b<a'), 'gone'))).toEqual(['a 1', 'b 1', 'present 0']);
    expect(draw(layoutTree(nodes('a<b b<a c<c'), 'a')).map((row) => row.trim())).toHaveLength(4);
  });
});

/** Trees of any shape: each node's parent is one of those before it, or none. */
const trees = fc.array(fc.record({ parent: fc.option(fc.nat()), minute: fc.nat(100_000) }), { maxLength: 220 }).chain((seeds) => {
  const list = seeds.map(({ parent, minute }, index) => ({
    id: `n${index}`,
    parent: parent === null || index === 0 ? null : `n${parent % index}`,
    createdAt: new Date(minute * 60_000).toISOString(),
  }));
  const ids = [null, ...list.map(({ id }) => id)];
  return fc.record({ list: fc.constant(list as readonly TreeNode[]), current: fc.constantFrom(...ids) });
});

const check = (holds: (layout: TreeLayout, list: readonly TreeNode[], current: string | null) => void) =>
  fc.assert(fc.property(trees, ({ list, current }) => holds(layoutTree(list, current), list, current)));

describe('every layout', () => {
  it('has each node once, one a row, and the present last in the first lane', () => {
    check(({ rows }, list) => {
      expect(rows.map(({ id }) => id).sort()).toEqual([presentId, ...list.map(({ id }) => id)].sort());
      expect(rows.at(-1)).toMatchObject({ id: presentId, lane: 0, branch: 0 });
    });
  });

  it('has an edge from the parent to each child, downwards, and no other', () => {
    check(({ rows, edges }, list, current) => {
      const parents = new Map<string, string | null>([
        ...list.map(({ id, parent }) => [id, parent] as const),
        [presentId, current],
      ]);
      const drawn = edges.map(({ from, to }) => {
        expect(from.row).toBeLessThan(to.row);
        expect([rows[from.row]?.lane, rows[to.row]?.lane]).toEqual([from.lane, to.lane]);
        return `${rows[from.row]?.id} ${rows[to.row]?.id}`;
      });
      const wanted = [...parents].filter(([, parent]) => parent !== null).map(([id, parent]) => `${parent} ${id}`);
      expect(drawn.sort()).toEqual(wanted.sort());
    });
  });

  it('has one lane per branch, and never two branches of a lane beside each other', () => {
    check(({ rows, laneCount }) => {
      const branches = new Set(rows.map(({ branch }) => branch));
      const spans = [...branches].map((branch) => {
        const own = [...rows.entries()].filter(([, row]) => row.branch === branch);
        expect(new Set(own.map(([, { lane }]) => lane)).size).toBe(1);
        return { lane: own[0]?.[1].lane ?? -1, first: own[0]?.[0] ?? -1, last: own.at(-1)?.[0] ?? -1 };
      });
      for (const lane of Array.from({ length: laneCount }, (_, index) => index)) {
        const own = spans.filter((span) => span.lane === lane).sort((a, b) => a.first - b.first);
        expect(own.length).toBeGreaterThan(0);
        for (const [index, span] of own.entries())
          expect(span.last).toBeLessThan(own[index + 1]?.first ?? Number.POSITIVE_INFINITY);
      }
    });
  });

  it('lets no line pass through a node, or beside it on its inner side', () => {
    check(({ rows, edges }) => {
      for (const { from, to } of edges) {
        expect([from.lane, from.lane + 1]).toContain(to.lane);
        // The line goes down in the parent's lane and turns into the child's only in the child's row.
        for (const row of rows.slice(from.row + 1, to.row)) expect(row.lane).toBeGreaterThan(from.lane);
      }
    });
  });

  it('needs few lanes, and levels as a tree for screen readers has them', () => {
    check(({ rows, laneCount }, list) => {
      expect(laneCount).toBeLessThanOrEqual(2 + Math.log2(list.length + 1));
      for (const [index, { level }] of rows.entries()) expect(level).toBeLessThanOrEqual((rows[index - 1]?.level ?? 0) + 1);
    });
  });
});
