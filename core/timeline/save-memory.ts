import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { QmpClient, QmpEvent } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import type { TimelineChange } from './change-timeline.ts';
import { type MemoryReceiver, receiveMemory } from './memory-stream.ts';

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
  readonly method: 'background' | 'paused';
  /** Between QEMU's own STOP and RESUME, in ms; null when it was not running or did not go on. */
  readonly pausedMs: number | null;
}

/** QMP's `MigrationInfo`, as far as it concerns us. */
interface MigrationInfo {
  readonly status?: string;
  readonly ram?: { readonly remaining: number; readonly total: number; readonly normal: number; readonly duplicate: number };
  readonly 'error-desc'?: string;
  readonly 'blocked-reasons'?: readonly string[];
}

const lookMs = 50;
/** Guarding the memory takes milliseconds a GiB; on a busy host many times that. */
const standstillLimitMs = 30_000;
/** No limit; the default also slows down what is saved of a guest that stands still. */
const unlimitedBandwidth = 2 ** 40;

/**
 * Saves the memory and devices of a machine that is on, through QEMU's migration. Where the kernel allows it the guest goes
 * on at once and QEMU saves the memory of that moment beside it (`background-snapshot`, qapi/migration.json); elsewhere
 * it stands still until all is saved.
 */
export async function saveMemory(change: TimelineChange, request: SaveRequest): Promise<SavedMemoryStream> {
  const begun = await change.withMachine((machine) => beginSaving(change, machine, request));
  try {
    if (begun.method === 'background') await followMigration(change, begun);
    const bytes = await begun.receiver.received;
    return { bytes, method: begun.method, pausedMs: begun.pausedMs };
  } finally {
    begun.receiver.close();
    await withMonitor(begun.runtimeFolder, (monitor) => setBackground(monitor, false)).catch(() => {});
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
  if (isBeside) await setBackground(monitor, false);
}

async function hasBackground(monitor: QmpClient): Promise<boolean> {
  const capabilities = await monitor.execute<{ capability: string; state: boolean }[]>('query-migrate-capabilities');
  return capabilities.some(({ capability, state }) => capability === 'background-snapshot' && state);
}

interface Begun extends Omit<SavedMemoryStream, 'bytes'> {
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
      const isBeside = wasRunning && request.guest === 'go-on' && (await setBackground(monitor, true));
      if (!isBeside) await setBackground(monitor, false);
      const clock = watchStandstill(monitor);
      await standStill(monitor, change, wasRunning);
      try {
        await request.atStandstill(monitor);
        await monitor.execute('migrate', { uri: receiver.uri });
        await (isBeside ? waitUntilRunning(monitor) : waitUntilSaved(monitor, change));
      } catch (error) {
        await goOn(monitor, change, wasRunning);
        throw error;
      }
      if (request.guest === 'go-on' && !isBeside) await goOn(monitor, change, wasRunning);
      if (isBeside) change.writeNote({ isGuestStopped: false });
      return { receiver, runtimeFolder, method: isBeside ? 'background' : 'paused', pausedMs: wasRunning ? clock() : null };
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

/**
 * False where the kernel does not allow it (`vm.unprivileged_userfaultfd`), or QEMU does not know it. All of the memory is to be
 * saved, also of a clone that took it from its template's file.
 */
async function setBackground(monitor: QmpClient, isWanted: boolean): Promise<boolean> {
  const capabilities = [
    { capability: 'x-ignore-shared', state: false },
    { capability: 'background-snapshot', state: isWanted },
  ];
  return monitor.execute('migrate-set-capabilities', { capabilities }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'qemu-failed') return false;
      throw error;
    },
  );
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

async function waitUntilSaved(monitor: QmpClient, change: TimelineChange): Promise<void> {
  for (;;) {
    if (await look(monitor, change)) return;
    if (change.signal?.aborted === true) {
      await stopSaving(monitor, standstillLimitMs);
      throw buildCancelled(change);
    }
    await delay(5);
  }
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

function buildCancelled(change: TimelineChange): AppError {
  return new AppError('cancelled', `“${change.name}” was not changed (${change.operation}): cancelled.`);
}

/** Whether all is saved; passes on how far it is. */
async function look(monitor: QmpClient, change: TimelineChange): Promise<boolean> {
  const info = await monitor.execute<MigrationInfo>('query-migrate');
  throwIfFailed(info);
  if (info.status === 'completed') return true;
  if (info.ram !== undefined) change.progress(1 - info.ram.remaining / info.ram.total, 'Saving memory');
  return false;
}

function throwIfFailed(info: MigrationInfo): void {
  if (info.status !== 'failed' && info.status !== 'cancelled') return;
  throw new AppError('qemu-failed', `QEMU could not save the memory: ${info['error-desc'] ?? info.status}.`, {
    hint: 'Try again; the machine goes on as before.',
  });
}
