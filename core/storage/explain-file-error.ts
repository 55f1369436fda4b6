import { AppError } from '../../contract/app-error.ts';

/** Turns the file system's expected trouble into words, `what` being the sentence's beginning; anything else stays as it is. */
export function explainFileError(error: unknown, what: string): unknown {
  if (error instanceof AppError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('not-enough-space', `${what}: the disk is full.`, { hint: 'Make room and try again.', cause: error });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new AppError('permission-denied', `${what}: ${message}`, { hint: 'Make the folder writable.', cause: error });
  }
  return error;
}
