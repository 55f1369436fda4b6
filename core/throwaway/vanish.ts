import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { mentions, type StoredMachine } from '../machine/machine-store.ts';
import { findRun, type ObservedMachine, observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { buildUnendable, sendSignal, waitForEnd } from '../qemu/end-process.ts';
import { endTpmEmulator } from '../qemu/tpm-emulator.ts';
import { unfinishedPrefix } from '../storage/file-names.ts';
import { removeFolder } from '../storage/remove.ts';
import { freeBases } from './free-bases.ts';
import { isExpired } from './plan-guard.ts';

/** How long the kernel may take to end a QEMU. */
const patienceMs = 10_000;

/** Whether a machine is a throwaway that is to be gone: off without memory to go on from, or expired. */
export function isSpent({ stored, state, process }: ObservedMachine): boolean {
  const throwaway = stored.definition?.throwaway ?? null;
  if (throwaway === null) return false;
  return (process === undefined && (state === 'off' || state === 'crashed')) || isExpired(throwaway);
}

/** Throws a throwaway away: kills its QEMU and removes all it has. Nothing of it is worth a polite end. The caller holds its lock. */
export async function vanish(
  { store }: Site,
  { stored, process: qemu, run }: Pick<ObservedMachine, 'stored' | 'process' | 'run'>,
): Promise<void> {
  const runtimeFolder = run?.runtimeFolder ?? store.runtimeFolderOf(stored.id);
  if (qemu !== undefined) sendSignal(qemu, 'SIGKILL');
  if (run?.configuration.tpm != null) await endTpmEmulator(stored.folder, runtimeFolder);
  const grave = join(store.homes.machines, `${unfinishedPrefix.deleting}${stored.id}`);
  renameSync(stored.folder, grave);
  removeFolder(runtimeFolder);
  if (stored.definition !== null) freeBases(store, stored.definition, grave);
  removeFolder(grave);
  // The kernel takes its memory down meanwhile.
  if (qemu !== undefined && !(await waitForEnd(qemu, patienceMs))) throw buildUnendable(qemu, stored.name);
}

/** Throws away a throwaway, on or off, as its person wishes. Throws `wrong-state` when somebody kept it meanwhile. */
export async function throwAway(site: Site, stored: StoredMachine, signal: AbortSignal | undefined): Promise<void> {
  const lock = await site.locks.acquire(stored.id, 'throw away', { subject: `“${stored.name}”`, signal });
  try {
    const latest = site.store.find(stored.id);
    if (latest === undefined) return;
    if (latest.definition !== null && latest.definition.throwaway === null) {
      throw new AppError('wrong-state', `“${latest.name}” was kept meanwhile, so it was not thrown away.`, {
        hint: 'It is a normal machine now: force it off or delete it.',
      });
    }
    await vanish(site, { stored: latest, ...findRun(site.store, latest) });
  } finally {
    await lock.release();
  }
}

/** Whether a look at the whole definition is worth its while; most machines are none. */
export function mayBeThrowaway(folder: string): boolean {
  return mentions(folder, /"throwaway"\s*:\s*\{/);
}

/**
 * The same, if it is spent and nobody else holds it. Whether it is gone. One whose QEMU lives and whose time is not over is not even
 * held for a moment, in which somebody might want to claim it.
 */
export async function vanishIfSpent(site: Site, id: string): Promise<boolean> {
  const found = site.store.find(id);
  const record = found?.definition?.throwaway ?? null;
  if (found === undefined || record === null || (!isExpired(record) && findRun(site.store, found).process !== undefined))
    return false;
  const lock = await site.locks.tryAcquire(id, 'throw away');
  if (lock === undefined) return false;
  try {
    const stored = site.store.find(id);
    if (stored === undefined || stored.definition?.throwaway == null) return false;
    const machine = await observeMachine(site.store, 'held', stored);
    if (!isSpent(machine)) return false;
    await vanish(site, machine);
    return true;
  } finally {
    await lock.release();
  }
}
