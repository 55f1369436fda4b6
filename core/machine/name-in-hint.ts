import { AppError } from '../../contract/app-error.ts';

/** Hints are written with NAME for the machine; whoever shows one puts in the machine it is about. */
export function putNameInHint(hint: string, name: string): string {
  return hint.replaceAll(/\bNAME\b/g, name);
}

/** The same for an error that a call about a machine failed with. */
export function putNameInError(error: unknown, name: string): unknown {
  if (!(error instanceof AppError) || error.hint === undefined || !/\bNAME\b/.test(error.hint)) return error;
  return new AppError(error.code, error.message, { hint: putNameInHint(error.hint, name), details: error.details, cause: error });
}
