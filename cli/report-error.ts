import { AppError, type AppErrorData, errorToData } from '../contract/app-error.ts';
import { buildExitCode } from './exit-code.ts';
import { escapeLines, escapeText } from './output/escape-text.ts';
import { buildJson, type Output } from './output/output.ts';
import type { Paint } from './output/style.ts';

/** A failure of one of several machines, thrown together so that all of them are told. */
export class SeveralFailed extends Error {
  readonly failures: readonly { readonly machine: string; readonly error: unknown }[];

  constructor(failures: readonly { readonly machine: string; readonly error: unknown }[]) {
    super(`${failures.length} failed`);
    this.failures = failures;
  }
}

/** Tells what went wrong on stderr, in words or as one JSON document, and returns the exit code. */
export function reportError(error: unknown, output: Output, isJson: boolean): number {
  const failures = error instanceof SeveralFailed ? error.failures : [{ machine: null, error }];
  const data = failures.map((failure) => ({ machine: failure.machine, ...errorToData(failure.error) }));
  const first = failures[0];
  const firstData = errorToData(first?.error);
  if (isJson) {
    output.writeError(buildJson({ error: firstData, ...(error instanceof SeveralFailed ? { errors: data } : {}) }));
  } else {
    output.writeError(data.map((one) => buildErrorText(one, output.paintError)).join(''));
  }
  return first?.error instanceof AppError || first === undefined ? buildExitCode(firstData.code) : 1;
}

/** `bothy: <message>`, what the tool said, and the next step. */
export function buildErrorText(error: AppErrorData, paint: Paint): string {
  const details = error.details === undefined || error.details === '' ? [] : escapeLines(error.details).trimEnd().split('\n');
  return [
    `${paint('red', 'bothy:')} ${escapeText(error.message)}`,
    ...details.map((line) => `  ${line}`),
    ...(error.hint === undefined ? [] : [`${paint('dim', 'hint:')} ${escapeText(error.hint)}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
