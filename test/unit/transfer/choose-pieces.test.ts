import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Piece } from '../../../core/transfer/archive-manifest.ts';
import { choosePieces } from '../../../core/transfer/choose-pieces.ts';

const kib = 1024;

test('small holes are filled', () => {
  const data: Piece[] = [
    [0, 4 * kib],
    [8 * kib, 4 * kib],
    [200 * kib, 1],
  ];
  expect(choosePieces(data, 10)).toEqual([
    [0, 12 * kib],
    [200 * kib, 1],
  ]);
  expect(choosePieces([], 10)).toEqual([]);
});

test('the largest holes stay when there are too many', () => {
  const starts = [0, 100, 300, 600, 1000].map((at) => at * kib);
  const data = starts.map((start): Piece => [start, 1]);
  expect(choosePieces(data, 3).map(([start]) => start)).toEqual([0, 600 * kib, 1000 * kib]);
});

test('whatever the data: all of it is in pieces, in order, apart, and no more than the limit', () => {
  const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 * kib }), fc.integer({ min: 1, max: 100 * kib })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 8 }), (list, limit) => {
      let at = 0;
      const data = list.map(([hole, length]): Piece => {
        const start = at + hole;
        at = start + length;
        return [start, length];
      });
      const pieces = choosePieces(data, limit);
      expect(pieces.length).toBeLessThanOrEqual(limit);
      for (const [index, [start, length]] of pieces.entries()) {
        const next = pieces[index + 1];
        if (next !== undefined) expect(next[0]).toBeGreaterThan(start + length);
      }
      for (const [start, length] of data) {
        expect(pieces.some((piece) => piece[0] <= start && start + length <= piece[0] + piece[1])).toBe(true);
      }
    }),
  );
});
