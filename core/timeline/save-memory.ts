import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { readEventTime } from '../qemu/event-log.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import type { TimelineChange } from './change-timeline.ts';
import { type MemoryReceiver, receiveMemory } from './memory-stream.ts';
import { type MigrationInfo, release, setManner, standstillLimitMs, stopSaving, waitUntilSaved } from './migration.ts';
import { createPrecopy } from './precopy.ts';

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
  readonly method: 'precopy' | 'paused';
  /** Of the machine at the moment that is saved. */
  readonly state: 'running' | 'paused';
  /** How long the guest stood still by QEMU's own STOP and RESUME, in ms; null when it was not running or did not go on. */
  readonly pausedMs: number | null;
}

/** No limit; the default also slows down what is saved of a guest that stands still. */
const unlimitedBandwidth = 2 ** 40;

/**
 * Saves the memory and devices of a machine that is on, through QEMU's migration. A guest that is to go on stands still only for
 * moments; what is saved is the last of them.
 */
export async function saveMemory(change: TimelineChange, request: SaveRequest): Promise<SavedMemoryStream> {
  const { runtimeFolder, isRunning, isEmulated } = await change.withMachine(async ({ run, state }) => ({
    runtimeFolder: run?.runtimeFolder ?? change.site.store.runtimeFolderOf(change.id),
    isRunning: state === 'running',
    isEmulated: run?.accelerator !== 'kvm',
  }));
  const receiver = await receiveMemory(join(runtimeFolder, runtimeFile.save), request.file);
  try {
    const saving = { ...request, runtimeFolder, isEmulated, uri: receiver.uri };
    const saved = isRunning && request.guest === 'go-on' ? await saveRunning(change, saving) : undefined;
    return { ...(saved ?? (await saveStopped(change, saving))), bytes: await receiver.finish() };
  } finally {
    receiver.close();
    await withMonitor(runtimeFolder, (monitor) => setManner(monitor, 'standing')).catch(() => {});
  }
}

type Saved = Omit<SavedMemoryStream, 'bytes'>;

interface Saving extends SaveRequest {
  readonly runtimeFolder: string;
  readonly isEmulated: boolean;
  /** Where QEMU sends it. */
  readonly uri: string;
}

/**
 * Copies without the machine's own lock, so that it can be paused or shut down meanwhile; only the beginning and the end need it.
 * Undefined when it was paused before that.
 */
function saveRunning(change: TimelineChange, saving: Saving): Promise<Saved | undefined> {
  const { runtimeFolder, isEmulated, uri, atStandstill } = saving;
  const save = async (monitor: QmpClient): Promise<Saved | undefined> => {
    await prepare(monitor, change);
    await setManner(monitor, 'precopy');
    const clock = watchStandstill(monitor);
    const precopy = createPrecopy(monitor, change, isEmulated);
    let hasBegun = false;
    try {
      await change.withMachine(async ({ state }) => {
        hasBegun = state === 'running';
        if (hasBegun) await precopy.begin(uri);
      });
      if (!hasBegun) return undefined;
      await precopy.copy();
      const state = await change.withMachine(async () => {
        await precopy.stop();
        const then = change.note.isGuestStopped ? 'running' : 'paused';
        await atStandstill(monitor);
        await monitor.execute('migrate-continue', { state: 'pre-switchover' });
        await waitUntilSaved(monitor, change);
        await goOn(monitor, change);
        return then;
      });
      return { method: 'precopy', state, pausedMs: state === 'running' ? clock() : null };
    } catch (error) {
      if (hasBegun) {
        await stopSaving(monitor, standstillLimitMs).catch(() => {});
        await goOn(monitor, change);
      }
      throw error;
    }
  };
  return withMonitor(runtimeFolder, save, { isLong: true });
}

/** A guest that stands still already, or is to stand still from now on. */
function saveStopped(change: TimelineChange, { runtimeFolder, uri, guest, atStandstill }: Saving): Promise<Saved> {
  return change.withMachine(({ state }) =>
    withMonitor(runtimeFolder, async (monitor) => {
      await prepare(monitor, change);
      await setManner(monitor, 'standing');
      const wasRunning = state === 'running';
      const clock = watchStandstill(monitor);
      try {
        await halt(monitor, change, wasRunning);
        await atStandstill(monitor);
        await monitor.execute('migrate', { uri });
        await waitUntilSaved(monitor, change);
      } catch (error) {
        await goOn(monitor, change);
        throw error;
      }
      if (guest === 'go-on') await goOn(monitor, change);
      return { method: 'paused', state: wasRunning ? 'running' : 'paused', pausedMs: wasRunning ? clock() : null };
    }),
  );
}

/** Throws `wrong-state` when a device of the machine cannot be saved. */
async function prepare(monitor: QmpClient, change: TimelineChange): Promise<void> {
  await checkSavable(monitor, change.name);
  await monitor.execute('migrate-set-parameters', { 'max-bandwidth': unlimitedBandwidth });
}

/**
 * Saves a guest that stands still, all that is not left apart, to where a receiver takes it. The guest stays as it is; its
 * QEMU is good for nothing more. The caller closes the receiver. Throws `wrong-state` when a device cannot be saved.
 */
export async function saveStanding(change: TimelineChange, monitor: QmpClient, receiver: MemoryReceiver): Promise<number> {
  await prepare(monitor, change);
  await monitor.execute('migrate', { uri: receiver.uri });
  await waitUntilSaved(monitor, change);
  return receiver.finish();
}

/** Throws `wrong-state` when a device of the machine cannot be saved, with QEMU's reasons. */
async function checkSavable(monitor: QmpClient, name: string): Promise<void> {
  const { 'blocked-reasons': reasons = [] } = await monitor.execute<MigrationInfo>('query-migrate');
  if (reasons.length === 0) return;
  throw new AppError('wrong-state', `The memory of “${name}” cannot be saved: ${reasons.join('; ')}.`, {
    hint: 'Shut it down first, or take that device out of its settings.',
  });
}

async function halt(monitor: QmpClient, change: TimelineChange, wasRunning: boolean): Promise<void> {
  if (wasRunning) {
    change.writeNote({ isGuestStopped: true });
    await monitor.execute('stop');
    return;
  }
  // After a migration QEMU saves a guest again only once it ran: for no longer than two commands in a row take.
  const { status } = await monitor.execute<{ status: string }>('query-status');
  if (status === 'postmigrate') await Promise.all([monitor.execute('cont'), monitor.execute('stop')]);
}

/** As the note says: it is paused when somebody paused it before or meanwhile. */
async function goOn(monitor: QmpClient, change: TimelineChange): Promise<void> {
  await release(monitor, change.note.isGuestStopped ? 'run' : 'stay-paused');
  change.writeNote({ isGuestStopped: false });
}

/** Adds up how long the guest stood still, in ms, by the times QEMU gives its events; null when it never did. */
function watchStandstill(monitor: QmpClient): () => number | null {
  let stoppedAt: number | null = null;
  let sum: number | null = null;
  monitor.onEvent((event) => {
    const at = readEventTime(event);
    if (event.event === 'STOP') stoppedAt = at;
    if (event.event !== 'RESUME' || stoppedAt === null) return;
    sum = (sum ?? 0) + at - stoppedAt;
    stoppedAt = null;
  });
  return () => (sum === null ? null : Math.round(sum * 10) / 10);
}
