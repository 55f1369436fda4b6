import { randomBytes } from 'node:crypto';
import { ORPCError } from '@orpc/server';
import { AppError, type AppErrorData, errorToData } from '../../contract/app-error.ts';
import { buildInputError, type InputIssue } from '../input-error.ts';

/** Takes one finished line of the log. */
export type Log = (line: string) => void;

/** Makes the function that turns whatever an operation threw into the one error form that crosses a transport. */
export function createErrorTranslator(log: Log = writeToStderr) {
  return (operationName: string, error: unknown, signal?: AbortSignal): ORPCError<string, AppErrorData> => {
    if (isTranslated(error)) return error;
    if (error instanceof AppError) return wrap(error.toData());
    const issues = findInputIssues(error);
    if (issues !== undefined) return wrap(buildInputError(operationName, issues).toData());
    if (signal?.aborted) return wrap(new AppError('cancelled', `${operationName} was cancelled.`).toData());
    return wrap(reportInternalError(operationName, error, log));
  };
}

/** Logs a bug in full and gives what the caller is told: a sentence with a reference into the log. */
export function reportInternalError(what: string, error: unknown, log: Log = writeToStderr): AppErrorData {
  const reference = randomBytes(4).toString('hex');
  log(`bothy: internal error ${reference} in ${what}: ${describe(error)}`);
  return { ...errorToData(error), message: `Internal error ${reference} in ${what}.` };
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

function wrap(data: AppErrorData): ORPCError<string, AppErrorData> {
  return new ORPCError(data.code, { status: data.code === 'internal' ? 500 : 400, message: data.message, data });
}

function isTranslated(error: unknown): error is ORPCError<string, AppErrorData> {
  return error instanceof ORPCError && typeof error.data === 'object' && error.data !== null && 'code' in error.data;
}

/** oRPC reports refused input as BAD_REQUEST; refused output and events are bugs and stay one. */
function findInputIssues(error: unknown): readonly InputIssue[] | undefined {
  if (!(error instanceof ORPCError) || error.code !== 'BAD_REQUEST') return undefined;
  const issues = (error.data as { issues?: readonly InputIssue[] } | undefined)?.issues;
  return Array.isArray(issues) ? issues : undefined;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  caused by: ${describeCause(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

/** oRPC's validation errors carry their findings beside the message, where a stack does not show them. */
function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const issues = 'issues' in cause ? ` ${JSON.stringify(cause.issues)}` : '';
  return `${cause.stack ?? cause.message}${issues}`;
}
