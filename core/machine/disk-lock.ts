import type { Lock } from '../storage/lock.ts';
import type { Site } from './site.ts';

/**
 * Holds the disks of a machine, as whoever starts it or changes its files must. It is a lock beside the machine's own, so
 * that a machine can be paused or shut down while long work is done on its layers. Throws `busy`.
 */
export function lockDisks(
  site: Site,
  { id, name }: { id: string; name: string },
  operation: string,
  signal: AbortSignal | undefined,
): Promise<Lock> {
  return site.locks.acquire(diskLockName(id), operation, { subject: `the disks of “${name}”`, signal });
}

export function diskLockName(id: string): string {
  return `${id}.disks`;
}
