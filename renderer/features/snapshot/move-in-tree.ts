import type { TreeLayout } from './layout-tree.ts';

/**
 * Where a key leads from a row: up and down follow the rows, left goes to the parent, right to the child that goes on in the
 * lane. Undefined for a key that does not move, or leads nowhere.
 */
export function findNextRow({ rows, edges }: TreeLayout, from: string, key: string): string | undefined {
  const index = rows.findIndex(({ id }) => id === from);
  switch (key) {
    case 'ArrowDown':
      return rows[index + 1]?.id;
    case 'ArrowUp':
      return rows[index - 1]?.id;
    case 'Home':
      return rows[0]?.id;
    case 'End':
      return rows.at(-1)?.id;
    case 'ArrowLeft': {
      const edge = edges.find(({ childId }) => childId === from);
      return edge === undefined ? undefined : rows[edge.from.row]?.id;
    }
    case 'ArrowRight':
      // The child that goes on in the lane is the last.
      return edges.findLast((edge) => edge.from.row === index)?.childId;
    default:
      return undefined;
  }
}
