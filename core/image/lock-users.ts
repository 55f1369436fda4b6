import { AppError } from '../../contract/app-error.ts';
import { diskLockName } from '../machine/disk-lock.ts';
import type { Site } from '../machine/site.ts';
import type { Lock } from '../storage/lock.ts';
import { checkNotRunning, type HeldImage, look } from './held-image.ts';

/** Long work is behind what is done here, so it is worth waiting for. */
const waitMs = 60_000;

/**
 * Does a moment's work on a held image while none of the other machines that use it can be started, and none of them runs.
 * Throws `busy` and `wrong-state`.
 */
export async function lockUsers<T>(
  site: Site,
  image: HeldImage,
  operation: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  const locks = new Map<string, Lock>();
  try {
    let now = image;
    for (;;) {
      const missing = listUsers(now).filter(({ id }) => !locks.has(id));
      for (const { id, name } of missing) {
        const subject = `the disks of “${name}”`;
        locks.set(id, await site.locks.acquire(diskLockName(id), operation, { subject, signal, waitMs }));
      }
      // A clone of a clone may have been made before the lock on that one was ours.
      now = look(site, image.place, image.machine, image.mayBeCorrupt);
      if (listUsers(now).every(({ id }) => locks.has(id))) break;
    }
    await checkNotRunning(site, now, 'replaced');
    if (signal?.aborted === true) throw new AppError('cancelled', `${operation} was cancelled.`);
    return await act();
  } finally {
    for (const lock of locks.values()) await lock.release();
  }
}

function listUsers({ entry, machine }: HeldImage) {
  return (entry?.usedBy ?? []).filter(({ id }) => id !== machine?.stored.id);
}
