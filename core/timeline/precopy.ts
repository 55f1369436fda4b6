import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from '../qemu/qmp-client.ts';
import type { TimelineChange } from './change-timeline.ts';
import { buildCancelled, lookMs, type MigrationInfo, readProgress } from './migration.ts';

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
  /** Begins to send; an emulated guest stands still for that. The caller holds the machine's lock. */
  begin(uri: string): Promise<void>;
  /** Waits until all of the memory was sent once; an emulated guest stands still then, as one does that changed none of it. */
  copy(): Promise<void>;
  /**
   * Has what the guest changed meanwhile sent, again and again until little is left. Then the guest stands still, and QEMU waits for
   * `migrate-continue` before it sends the rest and the devices. A guest that outruns the copy is stopped with more left.
   */
  stop(): Promise<void>;
}

/**
 * Precopy with the manner `precopy` (qapi/migration.json). All throw `cancelled`, and what QEMU failed with, and leave it to the
 * caller to end what QEMU does. Whether the guest is to go on afterwards is kept in the note of the change.
 *
 * An emulated guest is never asked for what it changed while it runs: TCG looks up whether a page is watched and writes to it in
 * two steps, and a page that is asked for in between is not sent with what was written (`notdirty_write` in accel/tcg/cputlb.c). So
 * it stands still at the first question, and the second is the last: with no time allowed for the rest QEMU asks only when the
 * guest stands still for good.
 */
export function createPrecopy(monitor: QmpClient, change: TimelineChange, isEmulated: boolean): Precopy {
  let isStill = false;
  let isOwnStop = false;
  let isReady = false;
  let wake: () => void = () => {};
  monitor.onEvent(({ event }) => {
    if (event !== 'STOP' && event !== 'RESUME') return;
    isStill = event === 'STOP';
    wake();
  });

  const look = async (): Promise<MigrationInfo> => {
    const info = await readProgress(monitor, change);
    if (change.signal?.aborted === true) throw buildCancelled(change);
    if (!isOwnStop) {
      // QEMU itself stops a guest with `finish-migrate` (RunState in qapi/run-state.json); one that is paused is to stay so.
      const { status } = await monitor.execute<{ status: string }>('query-status');
      const isRunning = status === 'running';
      if ((isRunning || status === 'paused') && change.note.isGuestStopped !== isRunning) {
        change.writeNote({ isGuestStopped: isRunning });
      }
    }
    return info;
  };
  const wait = (): Promise<void> => {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    return Promise.race([changed, delay(isStill ? 1 : lookMs)]);
  };

  /**
   * So little memory that all of it is sent by now is QEMU's to go on with. It takes no `cont` then (`qmp_cont` in monitor/qmp-cmds.c),
   * from a moment before it says `pre-switchover`.
   */
  const letRun = async (): Promise<void> => {
    for (;;) {
      try {
        await monitor.execute('cont');
        return;
      } catch (error) {
        const { status } = await monitor.execute<{ status: string }>('query-status');
        if ((await look()).status === 'pre-switchover') return;
        if (status !== 'finish-migrate') throw error;
      }
      await wait();
    }
  };

  return {
    async begin(uri) {
      // It is QEMU that stops the guest later, and nobody else knows when.
      change.writeNote({ isGuestStopped: true });
      await monitor.execute('migrate-set-parameters', { 'downtime-limit': isEmulated ? 0 : earlyStillMs });
      isOwnStop = isEmulated;
      if (isEmulated) await monitor.execute('stop');
      await monitor.execute('migrate', { uri });
      if (!isEmulated) return;
      let info = await look();
      for (; info.ram === undefined; info = await look()) await wait();
      if (info.status !== 'pre-switchover') await letRun();
      isOwnStop = false;
    },
    async copy() {
      for (;;) {
        const info = await look();
        isReady = info.status === 'pre-switchover';
        if (isReady || (!isEmulated && (info.ram?.['dirty-sync-count'] ?? 0) > 1)) return;
        await wait();
      }
    },
    async stop() {
      if (isReady) return;
      await look();
      isOwnStop = true;
      await monitor.execute('migrate-set-parameters', { 'downtime-limit': stillMs });
      for (;;) {
        const info = await look();
        if (info.status === 'pre-switchover') return;
        if (!isStill && isOutrun(info)) await monitor.execute('stop');
        await wait();
      }
    },
  };
}

function isOutrun({ ram }: MigrationInfo): boolean {
  return ram !== undefined && (ram.transferred > mostSent * ram.total || ram['dirty-sync-count'] > mostRounds);
}
