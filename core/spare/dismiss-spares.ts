import type { StoredMachine } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { vanish } from '../throwaway/vanish.ts';
import { findSpares } from './find-spares.ts';

/** A look holds a machine for milliseconds; who claims a spare, for as long as that takes. */
const patienceMs = 5000;

/** The lock of whoever makes or throws away the spares of a template. */
export function keeperLockName(templateId: string): string {
  return `ready-${templateId}`;
}

/** Does something to a template for which it must have no spares, nor get any meanwhile. */
export async function withoutSpares<T>(
  site: Site,
  { id, name }: StoredMachine,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T> {
  const subject = `the machines of “${name}” that are kept ready`;
  const lock = await site.locks.acquire(keeperLockName(id), 'throw away', { subject, waitMs: 60_000, signal });
  try {
    for (const spare of findSpares(site.store, id)) await dismissSpare(site, spare, signal);
    return await act();
  } finally {
    await lock.release();
  }
}

/** Throws a spare away, unless somebody has claimed it. Throws `busy` when it is held for long. */
export async function dismissSpare(site: Site, { id, name }: StoredMachine, signal?: AbortSignal): Promise<void> {
  const lock = await site.locks.acquire(id, 'throw away', { subject: `“${name}”`, waitMs: patienceMs, signal });
  try {
    const stored = site.store.find(id);
    if (stored?.definition?.throwaway?.spareOf !== undefined) await vanish(site, { stored, ...findRun(site.store, stored) });
  } finally {
    await lock.release();
  }
}
