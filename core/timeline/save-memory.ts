import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { QmpClient, QmpEvent } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import type { TimelineChange } from './change-timeline.ts';
import { type MemoryReceiver, receiveMemory } from './memory-stream.ts';
import {
  buildCancelled,
  chooseManner,
  look,
  lookMs,
  type Manner,
  type MigrationInfo,
  setManner,
  standstillLimitMs,
  stopSaving,
  throwIfFailed,
  waitUntilSaved,
} from './migration.ts';
import { precopyMemory } from './precopy.ts';

export interface SaveRequest {
  /** Where the memory goes; there is no such file yet. */
  readonly file: string;
  /** After `stay` the guest stands still for good, after `go-on` it is as before. */
  readonly guest: 'go-on' | 'stay';
  /** Done at the moment that is saved, while the guest stands still. */
  readonly atStandstill: (monitor: QmpClient) => Promise<void>;
}

export interface SavedMemoryStream {
  readonly bytes: number;
  readonly method: 'background' | 'precopy' | 'paused';
  /** Between QEMU's own STOP and RESUME, in ms; null when it was not running or did not go on. */
  readonly pausedMs: number | null;
}

/** No limit; the default also slows down what is saved of a guest that stands still. */
const unlimitedBandwidth = 2 ** 40;

/**
 * Saves the memory and devices of a machine that is on, through QEMU's migration. A guest that is to go on stands still only for a
 * moment: where background snapshots can be had, at the beginning, and the memory of that moment is saved beside it; elsewhere at the
 * end, when what it has is copied but for a little.
 */
export async function saveMemory(change: TimelineChange, request: SaveRequest): Promise<SavedMemoryStream> {
  const begun = await change.withMachine((machine) => beginSaving(change, machine, request));
  try {
    if (begun.manner === 'background') await followMigration(change, begun);
    const bytes = await begun.receiver.received;
    return { bytes, method: begun.manner === 'standing' ? 'paused' : begun.manner, pausedMs: begun.pausedMs };
  } finally {
    begun.receiver.close();
    await withMonitor(begun.runtimeFolder, (monitor) => setManner(monitor, 'standing')).catch(() => {});
  }
}

/**
 * Saves a guest that stands still, all that is not left apart, to where a receiver takes it. The guest stays as it is; its
 * QEMU is good for nothing more. Throws `wrong-state` when a device cannot be saved.
 */
export async function saveStanding(change: TimelineChange, monitor: QmpClient, receiver: MemoryReceiver): Promise<number> {
  try {
    await checkSavable(monitor, change.name);
    await monitor.execute('migrate-set-parameters', { 'max-bandwidth': unlimitedBandwidth });
    await monitor.execute('migrate', { uri: receiver.uri });
    await waitUntilSaved(monitor, change);
    return await receiver.received;
  } finally {
    receiver.close();
  }
}

/** Throws `wrong-state` when a device of the machine cannot be saved, with QEMU's reasons. */
async function checkSavable(monitor: QmpClient, name: string): Promise<void> {
  const { 'blocked-reasons': reasons = [] } = await monitor.execute<MigrationInfo>('query-migrate');
  if (reasons.length === 0) return;
  throw new AppError('wrong-state', `The memory of “${name}” cannot be saved: ${reasons.join('; ')}.`, {
    hint: 'Shut it down first, or take that device out of its settings.',
  });
}

interface Begun extends Pick<SavedMemoryStream, 'pausedMs'> {
  readonly manner: Manner;
  readonly receiver: MemoryReceiver;
  readonly runtimeFolder: string;
}

async function beginSaving(change: TimelineChange, machine: ObservedMachine, request: SaveRequest): Promise<Begun> {
  const runtimeFolder = machine.run?.runtimeFolder ?? change.site.store.runtimeFolderOf(change.id);
  const wasRunning = machine.state === 'running';
  const receiver = await receiveMemory(join(runtimeFolder, runtimeFile.save), request.file);
  try {
    return await withMonitor(runtimeFolder, async (monitor) => {
      await checkSavable(monitor, change.name);
      await monitor.execute('migrate-set-parameters', { 'max-bandwidth': unlimitedBandwidth });
      const manner = await chooseManner(monitor, wasRunning && request.guest === 'go-on');
      const clock = watchStandstill(monitor);
      try {
        if (manner === 'precopy') await precopyMemory(monitor, change, receiver.uri);
        else await standStill(monitor, change, wasRunning);
        await request.atStandstill(monitor);
        if (manner === 'precopy') await monitor.execute('migrate-continue', { state: 'pre-switchover' });
        else await monitor.execute('migrate', { uri: receiver.uri });
        await (manner === 'background' ? waitUntilRunning(monitor) : waitUntilSaved(monitor, change));
      } catch (error) {
        if (manner === 'precopy') await stopSaving(monitor, standstillLimitMs).catch(() => {});
        await goOn(monitor, change, wasRunning);
        throw error;
      }
      if (request.guest === 'go-on' && manner !== 'background') await goOn(monitor, change, wasRunning);
      if (manner === 'background') change.writeNote({ isGuestStopped: false });
      return { receiver, runtimeFolder, manner, pausedMs: wasRunning ? clock() : null };
    });
  } catch (error) {
    receiver.close();
    throw error;
  }
}

async function standStill(monitor: QmpClient, change: TimelineChange, wasRunning: boolean): Promise<void> {
  if (wasRunning) {
    change.writeNote({ isGuestStopped: true });
    await monitor.execute('stop');
    return;
  }
  // After a migration QEMU saves a guest again only once it ran: for no longer than two commands in a row take.
  const { status } = await monitor.execute<{ status: string }>('query-status');
  if (status === 'postmigrate') await Promise.all([monitor.execute('cont'), monitor.execute('stop')]);
}

/** A paused guest has to run for an instant too: after a migration QEMU has let go of its disks until then. */
async function goOn(monitor: QmpClient, change: TimelineChange, wasRunning: boolean): Promise<void> {
  if (wasRunning) await monitor.execute('cont');
  else await Promise.all([monitor.execute('cont'), monitor.execute('stop')]);
  change.writeNote({ isGuestStopped: false });
}

/** Adds up how long the guest stood still, by the times QEMU gives its events. */
function watchStandstill(monitor: QmpClient): () => number | null {
  const events: QmpEvent[] = [];
  monitor.onEvent((event) => events.push(event));
  const find = (name: string): number | undefined => {
    const found = events.find(({ event }) => event === name);
    return found === undefined ? undefined : found.timestamp.seconds * 1000 + found.timestamp.microseconds / 1000;
  };
  return () => {
    const [stop, resume] = [find('STOP'), find('RESUME')];
    return stop === undefined || resume === undefined ? null : Math.round((resume - stop) * 10) / 10;
  };
}

/**
 * Lets the guest go on once its devices are saved and its memory is guarded. QEMU 7.2 does that by itself; later ones leave
 * a guest as they found it, stopped. Only once pages are sent has the guarding begun, and only by the question after that
 * has QEMU's main loop been through what was waiting: a guest that went on before would not be the one that is saved.
 */
async function waitUntilRunning(monitor: QmpClient): Promise<void> {
  for (const deadline = performance.now() + standstillLimitMs; performance.now() < deadline; ) {
    const info = await monitor.execute<MigrationInfo>('query-migrate');
    throwIfFailed(info);
    const isGuarded = info.status === 'completed' || (info.ram !== undefined && info.ram.normal + info.ram.duplicate > 0);
    const { status } = await monitor.execute<{ status: string }>('query-status');
    if (status === 'running') return;
    if (isGuarded) {
      await monitor.execute('cont');
      return;
    }
    await delay(1);
  }
  throw new AppError('qemu-unresponsive', `QEMU did not save its devices within ${standstillLimitMs / 1000} s.`, {
    hint: 'Try again.',
  });
}

/**
 * Follows what is saved beside the running guest. Cancelling only throws it away: QEMU 7.2 that is kept from sending all,
 * by `migrate_cancel` or a closed socket, leaves what it has not sent write-protected, and the guest hangs for good.
 */
async function followMigration(change: TimelineChange, { receiver, runtimeFolder }: Begun): Promise<void> {
  let isDiscarded = false;
  for (;;) {
    if (change.signal?.aborted === true && !isDiscarded) {
      receiver.discard();
      isDiscarded = true;
    }
    if (await withMonitor(runtimeFolder, (monitor) => look(monitor, change))) break;
    await delay(lookMs);
  }
  if (change.signal?.aborted === true) throw buildCancelled(change);
}
