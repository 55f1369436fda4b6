import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file in one step: temporary name, sync, rename, sync of the folder. After a crash the file is as before or
 * as after. `isDurable: false` leaves out the syncs, for files that mean nothing after the host restarts. `temporary` is
 * another place for the half-written file, on the same file system.
 */
export function writeFileAtomically(path: string, text: string, options: { isDurable?: boolean; temporary?: string } = {}): void {
  const isDurable = options.isDurable ?? true;
  const folder = dirname(path);
  const temporary = options.temporary ?? join(folder, `.writing-${basename(path)}-${process.pid}`);
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      // Not writeSync: on a disk that is just filling up it writes a part and calls that success.
      writeFileSync(file, text);
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
