import type { Piece } from './archive-manifest.ts';

/** Holes smaller than this are packed as zeros. */
const minHoleBytes = 64 * 1024;

/** Joins pieces of data across the smallest holes until there are no more than `limit`. They are in order. */
export function choosePieces(data: readonly Piece[], limit: number): Piece[] {
  const joined = join(data, minHoleBytes);
  if (joined.length <= limit) return joined;
  const holes = joined.slice(1).map(([start], index) => start - getEnd(joined[index]));
  const smallest = holes.sort((a, b) => b - a)[limit - 2] ?? Number.POSITIVE_INFINITY;
  // Several may be as large as the last one that is kept; then all of these go.
  const few = join(joined, smallest);
  return few.length <= limit ? few : join(joined, smallest + 1);
}

/** Joins what is closer together than `holeBytes`. */
function join(data: readonly Piece[], holeBytes: number): Piece[] {
  const joined: Piece[] = [];
  for (const [start, length] of data) {
    const last = joined.at(-1);
    if (last !== undefined && start - getEnd(last) < holeBytes) last[1] = start + length - last[0];
    else joined.push([start, length]);
  }
  return joined;
}

function getEnd(piece: Piece | undefined): number {
  return piece === undefined ? 0 : piece[0] + piece[1];
}
