import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import type { TimelineChange } from './change-timeline.ts';

/** QMP's `MigrationInfo`, as far as it concerns us. */
export interface MigrationInfo {
  readonly status?: string;
  readonly ram?: {
    readonly remaining: number;
    readonly total: number;
    readonly transferred: number;
    /** How often it was asked which pages were changed. */
    readonly 'dirty-sync-count': number;
  };
  readonly 'error-desc'?: string;
  readonly 'blocked-reasons'?: readonly string[];
}

export const lookMs = 50;
/** QEMU breaks off within milliseconds; on a busy host many times that. */
export const standstillLimitMs = 30_000;

/** Cancels what QEMU saves and waits until it saves nothing any more. Throws `busy` when that takes longer than `patienceMs`. */
export async function stopSaving(monitor: QmpClient, patienceMs: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; ; ) {
    const { status } = await monitor.execute<MigrationInfo>('query-migrate');
    if (status === undefined || ['none', 'completed', 'failed', 'cancelled'].includes(status)) break;
    await monitor.execute('migrate_cancel');
    if (performance.now() > deadline) {
      throw new AppError('busy', 'QEMU is still saving memory for a change that was broken off.', {
        hint: 'Try again in a moment.',
      });
    }
    await delay(lookMs);
  }
  await setManner(monitor, 'standing');
}

/**
 * Waits until a guest that was saved, or not, may go on. QEMU tells how that ended a moment before it lets go of the guest, and takes
 * no `cont` in between (`finish-migrate`, RunState in qapi/run-state.json). Gives the status it has then.
 */
export async function waitUntilReleased(monitor: QmpClient): Promise<string> {
  for (const deadline = performance.now() + standstillLimitMs; ; await delay(1)) {
    const { status } = await monitor.execute<{ status: string }>('query-status');
    if (status !== 'finish-migrate' || performance.now() > deadline) return status;
  }
}

/** Lets a guest go on that stood still to be saved. One that is to stay paused has to run for an instant: QEMU has let go of its disks until then. */
export async function release(monitor: QmpClient, then: 'run' | 'stay-paused'): Promise<void> {
  await waitUntilReleased(monitor);
  if (then === 'run') await monitor.execute('cont');
  else await Promise.all([monitor.execute('cont'), monitor.execute('stop')]);
}

/**
 * How QEMU saves a guest: all of its memory while it runs, what it changes meanwhile again until little is left, and then it is
 * stopped (`pause-before-switchover`), or while it stands still (both in qapi/migration.json).
 */
type Manner = 'precopy' | 'standing';

/** All of the memory is to be saved, also of a clone that took it from its template's file. */
export async function setManner(monitor: QmpClient, manner: Manner): Promise<void> {
  const capabilities = [
    { capability: 'x-ignore-shared', state: false },
    { capability: 'pause-before-switchover', state: manner === 'precopy' },
  ];
  await monitor.execute('migrate-set-capabilities', { capabilities });
}

/** Waits until a guest that stands still is saved. */
export async function waitUntilSaved(monitor: QmpClient, change: TimelineChange): Promise<void> {
  for (;;) {
    if ((await readProgress(monitor, change)).status === 'completed') return;
    if (change.signal?.aborted === true) {
      await stopSaving(monitor, standstillLimitMs);
      throw buildCancelled(change);
    }
    await delay(1);
  }
}

/** Asks QEMU how far it is and passes that on. Throws what it failed with. */
export async function readProgress(monitor: QmpClient, change: TimelineChange): Promise<MigrationInfo> {
  const info = await monitor.execute<MigrationInfo>('query-migrate');
  throwIfFailed(info);
  if (info.ram !== undefined) change.progress(1 - info.ram.remaining / info.ram.total, 'Saving memory');
  return info;
}

function throwIfFailed(info: MigrationInfo): void {
  if (info.status !== 'failed' && info.status !== 'cancelled') return;
  throw new AppError('qemu-failed', `QEMU could not save the memory: ${info['error-desc'] ?? info.status}.`, {
    hint: 'Try again; the machine goes on as before.',
  });
}

export function buildCancelled(change: TimelineChange): AppError {
  return new AppError('cancelled', `“${change.name}” was not changed (${change.operation}): cancelled.`);
}
