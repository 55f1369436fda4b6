import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppErrorData } from '../../contract/app-error.ts';
import type { MatrixRow, MatrixWish } from '../../contract/throwaway.ts';
import { buildMatrixDefaults, type MatrixValues } from './matrix-form.ts';

/** One run of a command over several templates. */
export interface MatrixRun {
  /** What was run, as it was typed. */
  readonly command: string;
  readonly wish: MatrixWish;
  readonly rows: readonly MatrixRow[];
  readonly isRunning: boolean;
  readonly isCancelling: boolean;
  /** Why it ended as a whole; what one template failed at is in its row. */
  readonly error: AppErrorData | null;
}

/** The form of the matrix page, and its last run; both outlive a look at another page. */
export interface MatrixState {
  readonly values: MatrixValues;
  readonly run: MatrixRun | null;
}

export type MatrixStore = StoreApi<MatrixState>;

export function createMatrixStore(): MatrixStore {
  return createStore(() => ({ values: buildMatrixDefaults(), run: null }));
}

/** A run that begins: every template waits. */
export function beginRun(command: string, wish: MatrixWish): MatrixRun {
  return { command, wish, rows: wish.templates.map(buildWaitingRow), isRunning: true, isCancelling: false, error: null };
}

/** The run after news of one row, which come whole. */
export function applyRow(run: MatrixRun, row: MatrixRow): MatrixRun {
  return { ...run, rows: run.rows.map((before) => (before.index === row.index ? row : before)) };
}

/** The run after it ended; whatever had not ended by then was cancelled. */
export function endRun(run: MatrixRun, error: AppErrorData | null): MatrixRun {
  const rows = run.rows.map((row) => (isOver(row) ? row : { ...row, state: 'cancelled' as const }));
  return { ...run, rows, isRunning: false, isCancelling: false, error: error?.code === 'cancelled' ? null : error };
}

/** How many rows ended in which way; `bad` counts commands that did not end with 0. */
export function countRows(rows: readonly MatrixRow[]): {
  good: number;
  bad: number;
  failed: number;
  cancelled: number;
  open: number;
} {
  const count = (fits: (row: MatrixRow) => boolean) => rows.filter(fits).length;
  return {
    good: count(({ state, exitCode }) => state === 'done' && exitCode === 0),
    bad: count(({ state, exitCode }) => state === 'done' && exitCode !== 0),
    failed: count(({ state }) => state === 'failed'),
    cancelled: count(({ state }) => state === 'cancelled'),
    open: count((row) => !isOver(row)),
  };
}

function isOver({ state }: MatrixRow): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function buildWaitingRow(template: string, index: number): MatrixRow {
  return {
    index,
    template,
    state: 'waiting',
    exitCode: null,
    seconds: null,
    stdout: '',
    stderr: '',
    isCut: false,
    notice: null,
    error: null,
    screenshotBase64: null,
  };
}
