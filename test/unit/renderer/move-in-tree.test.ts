import { describe, expect, it } from 'vitest';
import { buildEdgePath } from '../../../renderer/features/snapshot/draw-tree.ts';
import { layoutTree, presentId } from '../../../renderer/features/snapshot/layout-tree.ts';
import { findNextRow } from '../../../renderer/features/snapshot/move-in-tree.ts';

const node = (id: string, parent: string | null, hour: number) => ({
  id,
  parent,
  createdAt: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
});
// a with a side branch b, c; the trunk goes on with d.
const layout = layoutTree([node('a', null, 0), node('b', 'a', 1), node('c', 'b', 2), node('d', 'a', 3)], 'd');

describe('moving in the tree', () => {
  it.each([
    ['a', 'ArrowDown', 'b'],
    ['c', 'ArrowDown', 'd'],
    ['d', 'ArrowUp', 'c'],
    ['d', 'ArrowLeft', 'a'],
    ['b', 'ArrowLeft', 'a'],
    ['a', 'ArrowRight', 'd'],
    ['d', 'ArrowRight', presentId],
    ['c', 'Home', 'a'],
    ['a', 'End', presentId],
    ['a', 'ArrowUp', undefined],
    ['a', 'ArrowLeft', undefined],
    ['c', 'ArrowRight', undefined],
    [presentId, 'ArrowDown', undefined],
    ['a', 'x', undefined],
  ])('from %s, %s leads to %s', (from, key, to) => {
    expect(findNextRow(layout, from, key)).toBe(to);
  });
});

it('draws a straight line within a lane, and a turn into another from where it leaves', () => {
  const paths = layout.edges.map((edge) => `${edge.childId} ${buildEdgePath(edge)}`);
  expect(paths).toContain('c M42 96V160');
  expect(paths).toContain('d M14 32V224');
  expect(paths.find((path) => path.startsWith('b '))).toMatch(/^b M14 50C14 73 42 73 42 96$/);
});
