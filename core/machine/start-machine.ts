import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import type { Host, QemuTools } from '../host/host.ts';
import { type DetachedProcess, spawnDetached } from '../process/spawn-detached.ts';
import { buildArguments, type HostChoices, type MemoryFile } from '../qemu/build-arguments.ts';
import { readTail } from '../qemu/event-log.ts';
import { explainQemuFailure } from '../qemu/explain-failure.ts';
import { findProcess, readBootId } from '../qemu/qemu-process.ts';
import { connectQmp, type QmpClient } from '../qemu/qmp-client.ts';
import { endTpmEmulator, startTpmEmulator } from '../qemu/tpm-emulator.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { checkSocketBudget, prepareHomes } from '../storage/homes.ts';
import type { SavedMemory } from '../timeline/saved-state.ts';
import { recordActivity } from './activity.ts';
import { chooseAccelerator } from './choose-accelerator.ts';
import { getFirmware } from './get-firmware.ts';
import { dropTimeline, type MachineStore, makeMachineFolders } from './machine-store.ts';
import { checkBeforeStart } from './preflight.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-record.ts';

/** How long QEMU may take to greet; the guest's own boot is not part of it. */
const readyTimeoutMs = 30_000;
/** QEMU reads memory faster than disks give it; a guest of many GiB on a slow disk takes minutes. */
const loadTimeoutMs = 600_000;
/** Logs above this size are set aside at the next start. */
const eventLogLimitBytes = 1024 * 1024;

/** A command line and what it was decided on. */
export interface LaunchPlan {
  readonly argv: readonly string[];
  readonly choices: HostChoices;
  readonly notice: string | null;
  readonly tools: QemuTools;
}

/** Decides everything a start needs and builds the command line; changes nothing. */
export async function planLaunch(
  store: MachineStore,
  host: Host,
  machine: MachineConfiguration,
  memory?: SavedMemory,
  memoryFile: MemoryFile | null = null,
): Promise<LaunchPlan> {
  checkSocketBudget(store.homes, machine.id);
  const tools = await host.tools();
  // Saved memory fits only the accelerator and the CPU it was saved with.
  const { accelerator, notice } = await chooseAccelerator(host, memory?.accelerator ?? machine.accelerator);
  const choices: HostChoices = {
    qemu: tools.qemu,
    accelerator,
    cpu: memory?.launch.cpu ?? (accelerator === 'kvm' ? await host.kvmCpu() : 'max'),
    hasUserNetwork: memory?.launch.hasUserNetwork ?? tools.features['user-network'] === true,
    hasSandbox: tools.features['sandbox'] === true,
    folder: store.folderOf(machine.id),
    runtimeFolder: store.runtimeFolderOf(machine.id),
    firmwareCode: findFirmwareCode(host, machine, memory),
    memoryFile,
  };
  const argv = buildArguments(machine, choices);
  return {
    argv: memory === undefined ? argv : [...argv, '-S', '-incoming', 'defer'],
    choices,
    notice: buildNotice(machine, choices, notice),
    tools,
  };
}

/** Why the accelerator was chosen, and what the machine goes without because this QEMU was built without it. */
function buildNotice(machine: MachineConfiguration, choices: HostChoices, notice: string | null): string | null {
  const sentences = notice === null ? [] : [notice];
  if (machine.network.mode === 'user' && !choices.hasUserNetwork)
    sentences.push('It has no network card: this QEMU was built without user networking (slirp).');
  if (!choices.hasSandbox) sentences.push('It runs without QEMU’s sandbox: this QEMU was built without it (seccomp).');
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** Memory that a start goes on from. */
export interface Resume {
  readonly memory: SavedMemory;
  /** The file with the memory, absolute. */
  readonly file: string;
  /** Called when QEMU has the memory and before the guest runs: from then on the file no longer fits the disks. */
  readonly onLoaded: () => Promise<void>;
  /** The file has the devices only; the memory is where the start's memory file is. */
  readonly isMemoryApart?: boolean;
}

/**
 * Starts QEMU for a machine that is off and waits until it answers; with `resume` until the guest goes on where it was. With
 * `memoryFile` that is its memory. The caller holds the machine's lock.
 */
export async function startMachine(
  store: MachineStore,
  host: Host,
  machine: MachineConfiguration,
  signal: AbortSignal | undefined,
  resume?: Resume,
  memoryFile: MemoryFile | null = null,
): Promise<void> {
  const plan = await planLaunch(store, host, machine, resume?.memory, memoryFile);
  const { folder, runtimeFolder, cpu, hasUserNetwork, firmwareCode } = plan.choices;
  checkBeforeStart(machine, folder);
  const tpm =
    machine.tpm === null
      ? null
      : { swtpm: host.swtpm(), machine: { name: machine.name, tpm: machine.tpm }, folder, runtimeFolder };
  makeMachineFolders(folder);
  setLogsAside(folder);
  const record: RunRecord = {
    schemaVersion: 3,
    startedAt: new Date().toISOString(),
    bootId: readBootId(),
    process: null,
    accelerator: plan.choices.accelerator,
    notice: plan.notice,
    qemuVersion: plan.tools.version,
    argv: [...plan.argv],
    launch: { cpu, hasUserNetwork, firmwareCode },
    runtimeFolder,
    configuration: dropTimeline(machine),
    crash: null,
  };
  writeRunRecord(folder, record);
  recordActivity(
    folder,
    'START',
    `${resume === undefined ? 'Started' : 'Resumed'} with ${record.accelerator === 'kvm' ? 'KVM' : 'software emulation (TCG)'}, QEMU ${record.qemuVersion}`,
  );
  prepareHomes(store.homes);
  rmSync(runtimeFolder, { recursive: true, force: true });
  mkdirSync(runtimeFolder, { mode: 0o700 });
  store.announce(machine.id);
  let qemu: DetachedProcess | undefined;
  try {
    if (tpm !== null) await startTpmEmulator(tpm);
    qemu = spawnQemu(plan.argv, folder, runtimeFolder, resume?.file);
    await waitUntilReady(qemu, machine, folder, runtimeFolder, signal);
    if (resume !== undefined) await loadMemory(qemu, machine, folder, runtimeFolder, resume, signal);
  } catch (error) {
    qemu?.kill();
    await qemu?.ended;
    if (tpm !== null) await endTpmEmulator(folder, runtimeFolder);
    rmSync(runtimeFolder, { recursive: true, force: true });
    removeRunRecord(folder);
    recordActivity(folder, 'START_FAILED', (error as Error).message);
    store.announce(machine.id);
    throw error;
  }
  writeRunRecord(folder, { ...record, process: findProcess(qemu.pid) ?? null });
  if (resume !== undefined) {
    await resume.onLoaded();
    await withMonitor(runtimeFolder, (monitor) =>
      resume.memory.state === 'running' ? monitor.execute('cont') : takeDisks(monitor),
    );
  }
  store.announce(machine.id);
}

function findFirmwareCode(
  host: Host,
  machine: MachineConfiguration,
  memory: SavedMemory | undefined,
): HostChoices['firmwareCode'] {
  if (machine.firmware === 'bios') return null;
  // The code is part of the saved memory; the file only has to be of the same size.
  const saved = memory?.launch.firmwareCode;
  if (saved != null && existsSync(saved.path)) return saved;
  const { code, format } = getFirmware(host, machine.firmware);
  return { path: code, format };
}

function spawnQemu(argv: readonly string[], folder: string, runtimeFolder: string, memory: string | undefined): DetachedProcess {
  const negotiation = join(runtimeFolder, 'negotiation.json');
  writeFileSync(negotiation, '{"execute":"qmp_capabilities"}\n', { mode: 0o600 });
  const files = [
    openSync(negotiation, 'r'),
    openSync(join(folder, machineFile.events), 'a', 0o600),
    openSync(join(folder, machineFile.qemuLog), 'a', 0o600),
    ...(memory === undefined ? [] : [openSync(memory, 'r')]),
  ];
  try {
    return spawnDetached(argv, files);
  } finally {
    for (const file of files) closeSync(file);
    rmSync(negotiation, { force: true });
  }
}

/** Ready is: QEMU greets on its first monitor. Ends early when QEMU does. */
async function waitUntilReady(
  qemu: DetachedProcess,
  machine: MachineConfiguration,
  folder: string,
  runtimeFolder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
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
    const monitor = await connectQmp(socket, { timeoutMs: left }).catch(() => undefined);
    if (monitor !== undefined) {
      monitor.close();
      return;
    }
    await Promise.race([delay(2), ended]);
  }
  throw explainQemuFailure(machine, await qemu.ended, readTail(join(folder, machineFile.qemuLog), 8192));
}

/** Lets QEMU read the memory it got as file descriptor 3. One that cannot use it says why and ends. */
async function loadMemory(
  qemu: DetachedProcess,
  machine: MachineConfiguration,
  folder: string,
  runtimeFolder: string,
  { isMemoryApart = false }: Resume,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await withMonitor(runtimeFolder, async (monitor) => {
      if (isMemoryApart) await leaveMemoryApart(monitor);
      await monitor.execute('migrate-incoming', { uri: 'fd:3' });
      for (;;) {
        const { status } = await monitor.execute<{ status: string }>('query-status', undefined, { timeoutMs: loadTimeoutMs });
        if (status !== 'inmigrate') return;
        if (signal?.aborted === true) throw new AppError('cancelled', `Resuming “${machine.name}” was cancelled.`);
        await delay(2);
      }
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'qemu-unresponsive') throw error;
    qemu.kill();
    throw explainQemuFailure(machine, await qemu.ended, readTail(join(folder, machineFile.qemuLog), 8192));
  }
}

/** What is saved or loaded from now on has no memory in it that is a shared file (qapi/migration.json, `x-ignore-shared`). */
export async function leaveMemoryApart(monitor: QmpClient): Promise<void> {
  await monitor.execute('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] });
}

/** A guest that stays paused: QEMU from 10.0 on takes its disks into use only when it runs, and until then nothing can be done with them. */
async function takeDisks(monitor: QmpClient): Promise<void> {
  await monitor.execute('blockdev-set-active', { active: true }).catch((error: unknown) => {
    // Those before do not know the command, and have done it.
    if (!(error instanceof AppError) || error.code !== 'qemu-failed') throw error;
  });
}

function setLogsAside(folder: string): void {
  for (const name of [machineFile.qemuLog, machineFile.serialLog]) {
    moveIfThere(join(folder, name), join(folder, name.replace('.log', '.previous.log')));
  }
  const events = join(folder, machineFile.events);
  const size = statSync(events, { throwIfNoEntry: false })?.size ?? 0;
  if (size > eventLogLimitBytes) moveIfThere(events, join(folder, machineFile.events.replace('.jsonl', '.previous.jsonl')));
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
