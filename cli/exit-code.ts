import type { ErrorCode } from '../contract/app-error.ts';

/** The exit code that stands for a kind of trouble. Scripts rely on it. */
export function buildExitCode(code: ErrorCode): number {
  return exitCodes[code] ?? 1;
}

/** What Bothy's own failure counts as where the exit code of a guest's command is passed on. */
export const bothyFailed = 125;

const exitCodes: Partial<Record<ErrorCode, number>> = {
  usage: 2,
  'invalid-input': 2,
  'not-found': 3,
  'ambiguous-name': 3,
  'wrong-state': 4,
  busy: 4,
  'machine-broken': 4,
  'timed-out': 124,
  cancelled: 130,
};
