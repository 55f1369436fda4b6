import { resolve } from 'node:path';
import { AppError } from '../../contract/app-error.ts';

/** Makes a path absolute; the contract takes no others. */
export function parsePath(text: string): string {
  try {
    return resolve(text);
  } catch (error) {
    throw new AppError('file-not-found', `“${text}” cannot be found: the current folder was deleted.`, {
      hint: 'Change to a folder that exists, or give a path that begins with /.',
      cause: error,
    });
  }
}
