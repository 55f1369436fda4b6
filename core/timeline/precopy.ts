import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from '../qemu/qmp-client.ts';
import type { TimelineChange } from './change-timeline.ts';
import { buildCancelled, lookMs, type MigrationInfo, standstillLimitMs, stopSaving, throwIfFailed } from './migration.ts';

/** QEMU stops the guest when it expects to send what is left in this time. */
const stillMs = 20;
/** A guest that changes its memory faster than it is sent is stopped when this many times its memory were sent. */
const mostRounds = 1.5;

/**
 * Has QEMU send the memory of a running guest, and what the guest changed meanwhile, again and again until little is left. Then the
 * guest stands still, with the manner `precopy`, and QEMU waits for `migrate-continue` before it sends the rest and the devices.
 * Cancelling leaves the guest running. Throws `cancelled`, and what QEMU failed with.
 */
export async function precopyMemory(monitor: QmpClient, change: TimelineChange, uri: string): Promise<void> {
  let isStill = false;
  const still = new Promise<void>((resolve) => {
    monitor.onEvent(({ event }) => {
      if (event !== 'STOP') return;
      isStill = true;
      resolve();
    });
  });
  await monitor.execute('migrate-set-parameters', { 'downtime-limit': stillMs });
  // It is QEMU that stops the guest, and nobody else knows when.
  change.writeNote({ isGuestStopped: true });
  await monitor.execute('migrate', { uri });
  for (;;) {
    const info = await monitor.execute<MigrationInfo>('query-migrate');
    throwIfFailed(info);
    if (info.status === 'pre-switchover') return;
    if (info.ram !== undefined) change.progress(1 - info.ram.remaining / info.ram.total, 'Saving memory');
    if (change.signal?.aborted === true) {
      await stopSaving(monitor, standstillLimitMs);
      throw buildCancelled(change);
    }
    if (!isStill && info.ram !== undefined && info.ram.transferred > mostRounds * info.ram.total) await monitor.execute('stop');
    await (isStill ? delay(1) : Promise.race([still, delay(lookMs)]));
  }
}
