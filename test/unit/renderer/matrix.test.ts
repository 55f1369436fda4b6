import { describe, expect, it } from 'vitest';
import type { MatrixRow } from '../../../contract/throwaway.ts';
import {
  buildMatrixDefaults,
  buildMatrixWish,
  findMatrixProblems,
  type MatrixValues,
  splitWords,
} from '../../../renderer/state/matrix-form.ts';
import { applyRow, beginRun, countRows, endRun } from '../../../renderer/state/matrix-store.ts';

const known = new Set(['debian', 'arch']);
const good: MatrixValues = { ...buildMatrixDefaults(), templates: ['debian', 'arch'], command: 'uname -a' };

describe('the form of a matrix', () => {
  it.each<[Partial<MatrixValues>, string]>([
    [{ templates: [] }, 'templates'],
    [{ templates: ['gone'] }, 'templates'],
    [{ command: '  ' }, 'command'],
    [{ command: "echo 'x", usesShell: false }, 'command'],
    [{ parallel: 0 }, 'parallel'],
    [{ parallel: 1.5 }, 'parallel'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ environment: 'A=1\nB 2' }, 'environment'],
    [{ workdir: 'tmp' }, 'workdir'],
  ])('stops at %o', (patch, field) => {
    expect(Object.keys(findMatrixProblems({ ...good, ...patch }, known))).toEqual([field]);
  });

  it('says only what was said', () => {
    expect(findMatrixProblems(good, known)).toEqual({});
    expect(buildMatrixWish(good, known)).toEqual({ templates: ['debian', 'arch'], command: ['sh', '-c', 'uname -a'] });
  });

  it('leaves out what is gone, and takes every option', () => {
    const values: MatrixValues = {
      templates: ['gone', 'arch'],
      command: 'prog "two words" \'$x\' a\\ b',
      usesShell: false,
      parallel: 2,
      timeoutSeconds: 30,
      environment: ' A=1 \n\nB=x y',
      workdir: '/tmp',
      network: 'none',
    };
    expect(buildMatrixWish(values, known)).toEqual({
      templates: ['arch'],
      command: ['prog', 'two words', '$x', 'a b'],
      parallel: 2,
      timeoutSeconds: 30,
      env: ['A=1', 'B=x y'],
      workdir: '/tmp',
      network: 'none',
    });
  });

  it.each<[string, readonly string[] | null]>([
    ['', []],
    ['  a  b ', ['a', 'b']],
    [`''`, ['']],
    [`a'b'"c"`, ['abc']],
    [`"a \\" b"`, ['a " b']],
    [`'a\\'`, ['a\\']],
    ['a\\', ['a\\']],
    [`"a`, null],
  ])('splits %o into words', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});

describe('a run', () => {
  const run = beginRun('uname -a', { templates: ['debian', 'debian', 'arch'], command: ['uname', '-a'] });
  const row = (index: number): MatrixRow => run.rows[index] as MatrixRow;

  it('begins with everything waiting', () => {
    expect(run.rows.map(({ index, template, state }) => [index, template, state])).toEqual([
      [0, 'debian', 'waiting'],
      [1, 'debian', 'waiting'],
      [2, 'arch', 'waiting'],
    ]);
    expect(countRows(run.rows)).toEqual({ good: 0, bad: 0, failed: 0, cancelled: 0, open: 3 });
  });

  it('takes rows by their place, whole', () => {
    const next = applyRow(run, { ...row(1), state: 'done', exitCode: 0, stdout: 'Linux' });
    expect(next.rows.map(({ state }) => state)).toEqual(['waiting', 'done', 'waiting']);
    expect(next.rows[0]).toBe(run.rows[0]);
  });

  it('counts ends apart, and calls what had not ended cancelled', () => {
    let next = applyRow(run, { ...row(0), state: 'done', exitCode: 2 });
    next = applyRow(next, { ...row(1), state: 'failed', error: { code: 'not-found', message: 'There is no template “x”.' } });
    next = endRun(next, { code: 'cancelled', message: 'Cancelled.' });
    expect(next).toMatchObject({ isRunning: false, error: null });
    expect(countRows(next.rows)).toEqual({ good: 0, bad: 1, failed: 1, cancelled: 1, open: 0 });
    expect(endRun(run, { code: 'disconnected', message: 'Gone.' }).error?.code).toBe('disconnected');
  });
});
