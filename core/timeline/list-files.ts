import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A file and what it occupies on disk, in bytes. */
export interface FileSize {
  readonly path: string;
  readonly bytes: number;
}

/** All files below a folder; none when it is not there. */
export function listFiles(folder: string): FileSize[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) return [];
    return status.isDirectory() ? listFiles(path) : [{ path, bytes: status.blocks * 512 }];
  });
}

/** What a file, or all in a folder, occupies on disk. */
export function measure(path: string): number {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.blocks * 512;
  return listFiles(path).reduce((sum, { bytes }) => sum + bytes, 0);
}
