import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from '../qemu/qmp-client.ts';
import type { TimelineChange } from './change-timeline.ts';
import { buildCancelled, lookMs, type MigrationInfo, throwIfFailed } from './migration.ts';

/** QEMU stops the guest when it expects to send what is left in this time. */
const stillMs = 20;
/** It hardly ever does so before all was sent once; without any limit it would not look for what was changed meanwhile. */
const earlyStillMs = 1;
/** A guest outruns the copy once this many times its memory were sent, */
const mostSent = 1.5;
/** or its memory was gone through this often: pages of zeros take next to nothing to send. */
const mostRounds = 12;

/** Saves the memory of a running guest, over one monitor that is held for it. */
export interface Precopy {
  /** Sends all of the memory once, while the guest runs; one that changes none of it may stand still already afterwards. */
  copy(uri: string): Promise<void>;
  /**
   * Sends what the guest changed meanwhile, again and again until little is left. Then the guest stands still, and QEMU waits for
   * `migrate-continue` before it sends the rest and the devices. A guest that outruns the copy is stopped with more left.
   */
  stop(): Promise<void>;
  /** Whether the guest would run but for this. */
  readonly isRunning: boolean;
}

/**
 * Precopy with the manner `precopy` (qapi/migration.json). All throw `cancelled`, and what QEMU failed with, and leave it to the
 * caller to end what QEMU does.
 */
export function createPrecopy(monitor: QmpClient, change: TimelineChange): Precopy {
  let isStill = false;
  let isRunning = true;
  let isStopping = false;
  let isReady = false;
  let wake: () => void = () => {};
  monitor.onEvent(({ event }) => {
    if (event !== 'STOP' && event !== 'RESUME') return;
    isStill = event === 'STOP';
    wake();
  });

  const look = async (): Promise<MigrationInfo> => {
    const info = await monitor.execute<MigrationInfo>('query-migrate');
    throwIfFailed(info);
    if (change.signal?.aborted === true) throw buildCancelled(change);
    if (info.ram !== undefined) change.progress(1 - info.ram.remaining / info.ram.total, 'Saving memory');
    if (!isStopping) {
      // QEMU itself stops a guest with `finish-migrate` (RunState in qapi/run-state.json).
      const { status } = await monitor.execute<{ status: string }>('query-status');
      if (status === 'running' || status === 'paused') isRunning = status === 'running';
    }
    return info;
  };
  const wait = (): Promise<void> => {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    return Promise.race([changed, delay(isStill ? 1 : lookMs)]);
  };

  return {
    async copy(uri) {
      await monitor.execute('migrate-set-parameters', { 'downtime-limit': earlyStillMs });
      // It is QEMU that stops the guest, and nobody else knows when.
      change.writeNote({ isGuestStopped: true });
      await monitor.execute('migrate', { uri });
      for (;;) {
        const info = await look();
        isReady = info.status === 'pre-switchover';
        if (isReady || (info.ram?.['dirty-sync-count'] ?? 0) > 1) return;
        await wait();
      }
    },
    async stop() {
      if (isReady) return;
      await look();
      isStopping = true;
      await monitor.execute('migrate-set-parameters', { 'downtime-limit': stillMs });
      for (;;) {
        const info = await look();
        if (info.status === 'pre-switchover') return;
        if (!isStill && isOutrun(info)) await monitor.execute('stop');
        await wait();
      }
    },
    get isRunning() {
      return isRunning;
    },
  };
}

function isOutrun({ ram }: MigrationInfo): boolean {
  return ram !== undefined && (ram.transferred > mostSent * ram.total || ram['dirty-sync-count'] > mostRounds);
}
