import { expect, test } from 'vitest';
import { buildLiveLine, buildMatrixGrid } from '../../../cli/output/matrix-text.ts';
import type { MatrixRow } from '../../../contract/throwaway.ts';

const row: MatrixRow = {
  index: 0,
  template: 'demo',
  state: 'done',
  exitCode: 0,
  seconds: 0.0521,
  stdout: '',
  stderr: '',
  isCut: false,
  notice: null,
  error: null,
  screenshotBase64: null,
};

test('the grid shows results, then complaints, of each template, escaped and shortened', () => {
  const lines = buildMatrixGrid(
    [
      { ...row, stdout: 'one\r\ntwo\tthree\n', stderr: 'oh \u001b[31mno\n' },
      { ...row, template: 'debian', exitCode: 3, seconds: 12, stdout: '1\n2\n3\n4\n5\n6\n7\n' },
      {
        ...row,
        template: 'gone',
        state: 'failed',
        exitCode: null,
        seconds: null,
        error: { code: 'not-found', message: 'None.' },
      },
    ],
    (_style, text) => text,
  );
  expect(lines.split('\n')).toEqual([
    'TEMPLATE  EXIT      TIME  OUTPUT',
    'demo      0       0.05 s  one',
    '                          two    three',
    '                          oh \\u{1b}[31mno',
    'debian    3       12.0 s  1',
    ...['2', '3', '4', '5', '… and 2 more lines'].map((text) => `                          ${text}`),
    'gone      failed       -  None.',
    '',
  ]);
});

test('while it runs, a line shows the state, the time that goes on, and the last words', () => {
  const running: MatrixRow = { ...row, state: 'running', exitCode: null, seconds: 1, stdout: 'first\nlast\n' };
  expect(buildLiveLine(running, 8, 2500, 2000)).toBe('demo      running      1.50 s  last');
  expect(buildLiveLine({ ...running, state: 'waiting', seconds: null, stdout: '' }, 4, 0, 0)).toBe('demo  waiting           -  ');
});
