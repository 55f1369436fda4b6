import { statfsSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import { formatBytes } from './format-bytes.ts';

/** Throws `not-enough-space` when `bytes` do not fit where the folder is. `what` begins the sentence: `Copying x`. */
export function checkFreeSpace(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new AppError(
    'not-enough-space',
    `${what} needs ${formatBytes(bytes)} in ${folder}; ${formatBytes(free)} are free there.`,
    {
      hint: 'Make room, or use a folder on a larger disk; BOTHY_HOME names the one for Bothy’s own.',
    },
  );
}
