import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** How the names of half-written files begin; whoever holds the machine's lock may remove them. */
export const temporaryPrefix = '.writing-';

/**
 * Replaces a file in one step: temporary name, sync, rename, sync of the folder. After a crash the file is as before or
 * as after. `isDurable: false` leaves out the syncs, for files that mean nothing after the host restarts.
 */
export function writeFileAtomically(path: string, text: string, options: { isDurable?: boolean } = {}): void {
  const isDurable = options.isDurable ?? true;
  const folder = dirname(path);
  const temporary = join(folder, `${temporaryPrefix}${basename(path)}-${process.pid}`);
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, text);
      if (isDurable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (isDurable) syncFolder(folder);
}

/** Makes renames and removals in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
