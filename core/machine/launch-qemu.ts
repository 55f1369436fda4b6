import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { type DetachedProcess, spawnDetached } from '../process/spawn-detached.ts';
import { readTail } from '../qemu/event-log.ts';
import { explainQemuFailure } from '../qemu/explain-failure.ts';
import { addGuard, type Guard, lifelineDescriptor } from '../qemu/guard.ts';
import { type OpenQmp, openQmp } from '../qemu/qmp-client.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';

/** How long QEMU may take to greet; the guest's own boot is not part of it. */
const readyTimeoutMs = 30_000;
/** QEMU reads memory faster than disks give it; a guest of many GiB on a slow disk takes minutes. */
const loadTimeoutMs = 600_000;
/** How long a look at what comes in milliseconds waits for the next. */
const stepMs = 1;

export interface Launch {
  readonly machine: MachineConfiguration;
  readonly folder: string;
  readonly runtimeFolder: string;
  readonly argv: readonly string[];
  readonly guard: Guard | null;
  /** What it reads first, with `-incoming defer` in its arguments. */
  readonly source?:
    | {
        readonly file: string;
        readonly isMemoryApart?: boolean;
        readonly beforeLoad?: (() => Promise<void>) | undefined;
        /** Lets the guest run as soon as all is read and this has resolved; else it stands still then. */
        readonly runAfter?: Promise<void> | undefined;
        /** Done when all is read, before the guest runs. */
        readonly beforeRun?: ((monitor: Pick<OpenQmp, 'execute'>) => Promise<void>) | undefined;
      }
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A QEMU that was spawned. What goes wrong is told in its own words and ours. */
export interface LaunchedQemu {
  readonly pid: number;
  /** Resolves with a monitor when QEMU answers; the reading of the source is under way then. */
  greet(): Promise<OpenQmp>;
  /** Resolves when it has read its source, and the guest runs if it is to; one that cannot use it says why and ends. */
  load(): Promise<void>;
  /** Resolves when it has ended. */
  kill(): Promise<void>;
}

/** Spawns QEMU; it is told what to do before it listens, so that it waits for nobody. */
export function launchQemu(launch: Launch): LaunchedQemu {
  const qemu = spawnQemu(launch);
  let monitor: OpenQmp | undefined;
  let loading: Promise<unknown> = Promise.resolve();
  const guarded = async <T>(work: (open: OpenQmp) => Promise<T>): Promise<T> => {
    if (monitor === undefined) throw new Error('QEMU has not been greeted');
    try {
      return await work(monitor);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'qemu-unresponsive') throw error;
      qemu.kill();
      throw explainQemuFailure(launch.machine, await qemu.ended, readTail(join(launch.folder, machineFile.qemuLog), 8192));
    }
  };
  return {
    pid: qemu.pid,
    greet: async () => {
      const open = await connect(qemu, launch);
      monitor = open;
      loading = launch.source === undefined ? loading : startLoading(open, launch);
      loading.catch(() => {});
      await guarded(({ greeting }) => greeting);
      return open;
    },
    load: () =>
      guarded(async () => {
        await loading;
      }),
    kill: async () => {
      monitor?.close();
      qemu.kill();
      await qemu.ended;
    },
  };
}

/** What is saved or loaded from now on has no memory in it that is a shared file (qapi/migration.json, `x-ignore-shared`). */
export async function leaveMemoryApart(monitor: Pick<OpenQmp, 'execute'>): Promise<void> {
  const capabilities = [{ capability: 'x-ignore-shared', state: true }];
  await monitor.execute('migrate-set-capabilities', { capabilities }, { timeoutMs: loadTimeoutMs });
}

function spawnQemu({ argv, folder, runtimeFolder, guard, source }: Launch): DetachedProcess {
  const negotiation = join(runtimeFolder, 'negotiation.json');
  writeFileSync(negotiation, '{"execute":"qmp_capabilities"}\n', { mode: 0o600 });
  const files = [
    openSync(negotiation, 'r'),
    openSync(join(folder, machineFile.events), 'a', 0o600),
    openSync(join(folder, machineFile.qemuLog), 'a', 0o600),
    ...(source === undefined ? [] : [openSync(source.file, 'r')]),
  ];
  try {
    if (guard === null) return spawnDetached(argv, files);
    return spawnDetached(addGuard(argv, runtimeFolder, guard), files, guard.hasOwner ? { lifeline: lifelineDescriptor } : {});
  } finally {
    for (const file of files) closeSync(file);
    rmSync(negotiation, { force: true });
  }
}

/** QEMU listens on its monitor before it has made its devices; it answers later. Ends early when QEMU does. */
async function connect(qemu: DetachedProcess, { machine, folder, runtimeFolder, signal }: Launch): Promise<OpenQmp> {
  const deadline = performance.now() + readyTimeoutMs;
  const socket = join(runtimeFolder, runtimeFile.monitors[0]);
  let hasEnded = false;
  const ended = qemu.ended.then(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    if (signal?.aborted === true) throw new AppError('cancelled', `Starting “${machine.name}” was cancelled.`);
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new AppError('timed-out', `QEMU for “${machine.name}” did not answer within ${readyTimeoutMs / 1000} s.`, {
        hint: `Its log is ${join(folder, machineFile.qemuLog)}.`,
      });
    }
    // An attempt at what is not there yet costs far more than a look.
    const monitor = existsSync(socket) ? await openQmp(socket, { timeoutMs: left }).catch(() => undefined) : undefined;
    if (monitor !== undefined) return monitor;
    await Promise.race([delay(stepMs), ended]);
  }
  throw explainQemuFailure(machine, await qemu.ended, readTail(join(folder, machineFile.qemuLog), 8192));
}

/**
 * Lets QEMU read what it got as file descriptor 3. The guest is told to go on only when all is read: it was saved standing still,
 * and a `cont` that comes before is forgotten.
 */
async function startLoading(monitor: OpenQmp, launch: Launch): Promise<void> {
  const { isMemoryApart, beforeLoad, runAfter, beforeRun } = launch.source ?? {};
  await beforeLoad?.();
  await Promise.all([
    isMemoryApart === true ? leaveMemoryApart(monitor) : undefined,
    // To tell the guest that it was moved is for switches that have to learn where it is now; its network is within this QEMU. Not at
    // all would be best, but then a virtio-net card has no timer for it any more, and QEMU 7.2 ends when the machine is reset.
    monitor.execute('migrate-set-parameters', { 'announce-rounds': 1 }, { timeoutMs: loadTimeoutMs }),
    monitor.execute('migrate-incoming', { uri: 'fd:3' }, { timeoutMs: loadTimeoutMs }),
  ]);
  await waitUntilLoaded(monitor, launch);
  await beforeRun?.(monitor);
  if (runAfter === undefined) return;
  await runAfter;
  await monitor.execute('cont');
}

async function waitUntilLoaded(monitor: OpenQmp, { machine, signal }: Launch): Promise<void> {
  for (;;) {
    const { status } = await monitor.execute<{ status: string }>('query-status', undefined, { timeoutMs: loadTimeoutMs });
    if (status !== 'inmigrate') return;
    if (signal?.aborted === true) throw new AppError('cancelled', `Resuming “${machine.name}” was cancelled.`);
    await delay(stepMs);
  }
}
