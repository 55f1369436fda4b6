import { expect, test } from 'vitest';
import { machineNamePattern } from '../../../contract/machine.ts';
import { findFreeName } from '../../../core/transfer/choose-name.ts';

test.each([
  ['web', 'web'],
  ['My Web Server', 'My-Web-Server'],
  ['Büro (alt)', 'Buro-alt'],
  ['..hidden', 'hidden'],
  ['日本', 'machine'],
  ['', 'machine'],
  ['x'.repeat(100), 'x'.repeat(63)],
])('%s becomes %s', (wish, name) => {
  expect(findFreeName(wish, new Set())).toBe(name);
  expect(name).toMatch(machineNamePattern);
});

test('a name that is taken gets the first free number, and stays short enough', () => {
  expect(findFreeName('web', new Set(['web', 'web-2', 'web-4']))).toBe('web-3');
  const long = 'x'.repeat(63);
  expect(findFreeName(long, new Set([long]))).toBe(`${'x'.repeat(61)}-2`);
});
