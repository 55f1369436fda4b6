import { readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

// `rmSync` looks at every file first and tries every folder in vain, which takes longer than the removal itself.

/** Removes a folder with all that is in it, if it is there. */
export function removeFolder(folder: string): void {
  try {
    removeAtOnce(folder);
  } catch {
    // Something is in the way, or comes in between.
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function removeAtOnce(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeAtOnce(path);
    else unlinkSync(path);
  }
  rmdirSync(folder);
}
