import { expect, test } from 'vitest';
import { splitLines } from '../../../core/agent/split-lines.ts';

function collectLines(...chunks: readonly string[]): { lines: string[]; tooLong: number } {
  const lines: string[] = [];
  let tooLong = 0;
  const read = splitLines(
    (line) => lines.push(line.toString()),
    () => {
      tooLong += 1;
    },
  );
  for (const chunk of chunks) read(Buffer.from(chunk));
  return { lines, tooLong };
}

test('lines are whole however they were cut', () => {
  expect(collectLines('one\ntw', '', 'o', '\n\nthree\nrest')).toEqual({ lines: ['one', 'two', '', 'three'], tooLong: 0 });
});

test('a line without an end is given up at 64 MiB, and what was kept of it is let go of', () => {
  const piece = 'x'.repeat(1024 ** 2);
  expect(collectLines(...Array<string>(64).fill(piece), '\n').tooLong).toBe(0);
  expect(collectLines(...Array<string>(64).fill(piece), 'x').tooLong).toBe(1);
});
