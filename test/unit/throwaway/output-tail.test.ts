import { expect, test } from 'vitest';
import { createOutputTail } from '../../../core/throwaway/output-tail.ts';

test('the last bytes are kept, and whether that is all is known', () => {
  const tail = createOutputTail(8);
  for (const text of ['abc', 'def']) tail.add(Buffer.from(text));
  expect([tail.read(), tail.isCut]).toEqual(['abcdef', false]);
  for (const text of ['ghi', 'jkl', 'mnopqrstuvwxyz'.repeat(9), '!']) tail.add(Buffer.from(text));
  expect([tail.read(), tail.isCut]).toEqual(['tuvwxyz!', true]);
});

test('a character that was cut through is left out, and what is no text is replaced', () => {
  const tail = createOutputTail(4);
  tail.add(Buffer.from('xxé€'));
  expect(tail.read()).toBe('€');
  tail.add(Buffer.from([0xff, 0x41]));
  expect(tail.read()).toMatch(/\ufffdA$/);
});
