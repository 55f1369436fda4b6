import { expect, test } from 'vitest';
import { escapeLines, escapeText } from '../../../cli/output/escape-text.ts';
import { buildJson } from '../../../cli/output/output.ts';
import { buildPaint } from '../../../cli/output/style.ts';

test('nothing that steers a terminal gets through', () => {
  expect(escapeText('a\u001b[31mb\u009bc\nd\u007f\u0000\u202e')).toBe('a\\u{1b}[31mb\\u{9b}c\\u{a}d\\u{7f}\\u{0}\\u{202e}');
  expect(escapeText('\ud800x')).toBe('\\u{d800}x');
  expect(escapeText('dáta 日本 🙂')).toBe('dáta 日本 🙂');
  expect(escapeLines('a\n\tb\r\n')).toBe('a\n\\u{9}b\\u{d}\n');
});

test('a JSON document stays the same value and shows no control characters', () => {
  const value = { name: 'a\u001bb\u009bc\u007f' };
  const text = buildJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toMatch(/^[\n -~]*$/);
});

test('colour only on a terminal, and not with NO_COLOR', () => {
  expect(buildPaint(true, {})('red', 'x')).toBe('\u001b[31mx\u001b[0m');
  expect(buildPaint(false, {})('red', 'x')).toBe('x');
  expect(buildPaint(true, { NO_COLOR: '1' })('red', 'x')).toBe('x');
  expect(buildPaint(true, { NO_COLOR: '' })('red', 'x')).toBe('\u001b[31mx\u001b[0m');
  expect(buildPaint(true, { TERM: 'dumb' })('red', 'x')).toBe('x');
});
