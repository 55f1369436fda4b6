import { AppError } from '../../contract/app-error.ts';
import type { Guests } from '../core.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import type { TaskContext } from '../task/task-list.ts';
import { buildNothingThere } from './copy-ends.ts';
import { copyIn } from './copy-in.ts';
import { copyOut } from './copy-out.ts';

/** What goes from where to where; paths are absolute. */
export interface CopyWish {
  readonly direction: 'in' | 'out';
  readonly hostPath: string;
  readonly guestPath: string;
}

/** A machine's guest, and what is told while files go in or out. */
export interface CopyContext {
  readonly guests: Guests;
  readonly machine: { readonly id: string; readonly name: string; readonly runtimeFolder: string };
  readonly signal: AbortSignal;
  /** Told each piece of a file. */
  readonly count: (bytes: number) => void;
}

export interface CopyResult {
  readonly bytes: number;
  readonly files: number;
}

/**
 * Copies a file or a folder with all in it: as a tar stream where the guest has tar, else one file by the agent's own calls. Modes and times are
 * kept, owners are not. What is there already is replaced file by file once all has arrived; nothing half-made is left.
 */
export async function copyFiles(
  guests: Guests,
  machine: CopyContext['machine'],
  wish: CopyWish,
  task: TaskContext,
): Promise<CopyResult> {
  checkPaths(wish);
  let copied = 0;
  const count = (bytes: number): void => {
    copied += bytes;
    task.progress(null, `${(copied / 1024 ** 2).toFixed(1)} MiB copied`);
  };
  try {
    const context = { guests, machine, signal: task.signal, count };
    return await (wish.direction === 'in' ? copyIn : copyOut)(context, wish);
  } catch (error) {
    if (task.signal.aborted) throw new AppError('cancelled', 'Copying was cancelled; nothing of it was left.', { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (wish.direction === 'in' && (code === 'ENOENT' || code === 'ENOTDIR')) throw buildNothingThere(wish.hostPath, error);
    throw explainFileError(error, `“${wish.hostPath}” was not copied`);
  }
}

function checkPaths({ hostPath, guestPath }: CopyWish): void {
  const isAbsolute = /^(\/|[A-Za-z]:[\\/])/.test(guestPath) && hostPath.startsWith('/');
  if (isAbsolute && !`${hostPath}${guestPath}`.includes('\0')) return;
  throw new AppError('invalid-input', `“${guestPath}” is no absolute path in a guest.`, { hint: 'Begin it with a slash.' });
}
