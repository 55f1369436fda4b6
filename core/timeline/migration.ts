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
    readonly normal: number;
    readonly duplicate: number;
  };
  readonly 'error-desc'?: string;
  readonly 'blocked-reasons'?: readonly string[];
}

export const lookMs = 50;
/** Guarding the memory takes milliseconds a GiB; on a busy host many times that. */
export const standstillLimitMs = 30_000;

/**
 * Waits until QEMU saves nothing any more; what nobody waits for is cancelled, unless it is saved beside a running guest,
 * which must come to its end. Throws `busy` when that takes longer than `patienceMs`.
 */
export async function stopSaving(monitor: QmpClient, patienceMs: number): Promise<void> {
  const isBeside = await hasBackground(monitor);
  for (const deadline = performance.now() + patienceMs; ; ) {
    const { status } = await monitor.execute<MigrationInfo>('query-migrate');
    if (status === undefined || ['none', 'completed', 'failed', 'cancelled'].includes(status)) break;
    if (!isBeside) await monitor.execute('migrate_cancel');
    if (performance.now() > deadline) {
      throw new AppError('busy', 'QEMU is still saving memory for a change that was broken off.', {
        hint: 'Try again in a moment.',
      });
    }
    await delay(lookMs);
  }
  await setManner(monitor, 'standing');
}

async function hasBackground(monitor: QmpClient): Promise<boolean> {
  const capabilities = await monitor.execute<{ capability: string; state: boolean }[]>('query-migrate-capabilities');
  return capabilities.some(({ capability, state }) => capability === 'background-snapshot' && state);
}

/**
 * How QEMU saves a guest: the memory of one moment beside the running guest (`background-snapshot`), what it changes meanwhile
 * again until little is left (`pause-before-switchover`), or while it stands still (all in qapi/migration.json).
 */
export type Manner = 'background' | 'precopy' | 'standing';

/**
 * Sets the best manner there is. Background snapshots take a kernel that allows them (`vm.unprivileged_userfaultfd`), a QEMU that
 * knows them, and memory that can be guarded: that of a clone, which maps its template's file, cannot.
 */
export async function chooseManner(monitor: QmpClient, mayGuestRun: boolean): Promise<Manner> {
  if (mayGuestRun) for (const manner of ['background', 'precopy'] as const) if (await setManner(monitor, manner)) return manner;
  await setManner(monitor, 'standing');
  return 'standing';
}

/** False where it cannot be had. All of the memory is to be saved, also of a clone that took it from its template's file. */
export async function setManner(monitor: QmpClient, manner: Manner): Promise<boolean> {
  const capabilities = [
    { capability: 'x-ignore-shared', state: false },
    { capability: 'background-snapshot', state: manner === 'background' },
    { capability: 'pause-before-switchover', state: manner === 'precopy' },
  ];
  return monitor.execute('migrate-set-capabilities', { capabilities }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'qemu-failed') return false;
      throw error;
    },
  );
}

/** Waits until a guest that stands still is saved. */
export async function waitUntilSaved(monitor: QmpClient, change: TimelineChange): Promise<void> {
  for (;;) {
    if (await look(monitor, change)) return;
    if (change.signal?.aborted === true) {
      await stopSaving(monitor, standstillLimitMs);
      throw buildCancelled(change);
    }
    await delay(5);
  }
}

/** Whether all is saved; passes on how far it is. */
export async function look(monitor: QmpClient, change: TimelineChange): Promise<boolean> {
  const info = await monitor.execute<MigrationInfo>('query-migrate');
  throwIfFailed(info);
  if (info.status === 'completed') return true;
  if (info.ram !== undefined) change.progress(1 - info.ram.remaining / info.ram.total, 'Saving memory');
  return false;
}

export function throwIfFailed(info: MigrationInfo): void {
  if (info.status !== 'failed' && info.status !== 'cancelled') return;
  throw new AppError('qemu-failed', `QEMU could not save the memory: ${info['error-desc'] ?? info.status}.`, {
    hint: 'Try again; the machine goes on as before.',
  });
}

export function buildCancelled(change: TimelineChange): AppError {
  return new AppError('cancelled', `“${change.name}” was not changed (${change.operation}): cancelled.`);
}
