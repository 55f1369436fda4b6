import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';

/**
 * Gives a finished file its name in one step. What is there already is replaced only when told to, also when somebody put
 * it there meanwhile: link(2) never replaces a file, and throws `file-exists` here. The caller syncs the folder.
 */
export function putInPlace(temporary: string, path: string, { mayReplace }: { mayReplace: boolean }): void {
  if (!mayReplace) {
    try {
      linkSync(temporary, path);
      unlinkSync(temporary);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw buildExistsError(path);
      // Not every file system has links: vfat and exfat do not.
      if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw buildExistsError(path);
    }
  }
  renameSync(temporary, path);
}

export function buildExistsError(path: string): AppError {
  return new AppError('file-exists', `${path} is there already.`, {
    hint: 'Choose another name, or say that it may be replaced (--force).',
  });
}
