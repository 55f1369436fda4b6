import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import type { Host, QemuTools } from '../host/host.ts';
import { buildArguments, type HostChoices, type MemoryFile } from '../qemu/build-arguments.ts';
import type { Guard } from '../qemu/guard.ts';
import { findProcess, readBootId } from '../qemu/qemu-process.ts';
import type { OpenQmp } from '../qemu/qmp-client.ts';
import { endTpmEmulator, startTpmEmulator } from '../qemu/tpm-emulator.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { checkSocketBudget, prepareHomes } from '../storage/homes.ts';
import { noteNewcomer } from '../throwaway/identity.ts';
import type { SavedMemory } from '../timeline/saved-state.ts';
import { recordActivity } from './activity.ts';
import { chooseAccelerator } from './choose-accelerator.ts';
import { getFirmware } from './get-firmware.ts';
import { type LaunchedQemu, launchQemu } from './launch-qemu.ts';
import { dropTimeline, type MachineStore, makeMachineFolders } from './machine-store.ts';
import { checkBeforeStart } from './preflight.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-record.ts';

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
export interface MemorySource {
  readonly memory: SavedMemory;
  /** The file with what QEMU saved, absolute. */
  readonly file: string;
  /** The file has the devices only; the memory is where the start's memory file is. */
  readonly isMemoryApart?: boolean;
  /** Done before QEMU reads it. */
  readonly beforeLoad?: (() => Promise<void>) | undefined;
  /** Done while QEMU starts; the guest does not go on before it has resolved, nor when it rejects. */
  readonly check?: () => Promise<void>;
  /** Called when QEMU has the memory and before the guest runs: from then on the file no longer fits the disks. */
  readonly onLoaded?: () => Promise<void>;
}

export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  readonly source?: MemorySource | undefined;
  /** A file that is its memory; anonymous memory when left out. */
  readonly memoryFile?: MemoryFile | null | undefined;
  readonly guard?: Guard | null | undefined;
  /** The guest is to be told who it is with the next command in it. */
  readonly isNewcomer?: boolean;
  /** Told when a part of the start is done. */
  readonly onPhase?: ((name: string) => void) | undefined;
}

/**
 * Starts QEMU for a machine that is off and waits until it answers; with a `source` until the guest goes on where it was. The
 * caller holds the machine's lock.
 */
export async function startMachine(
  store: MachineStore,
  host: Host,
  machine: MachineConfiguration,
  options: StartOptions = {},
): Promise<RunRecord> {
  const { source, guard = null } = options;
  const isUnplugged = machine.network.mode === 'unplugged';
  // Nothing takes long between the reading of the memory and its guest's going on.
  const goesOnByItself = source !== undefined && source.onLoaded === undefined && source.memory.state === 'running';
  const plan = await planLaunch(store, host, machine, source?.memory, options.memoryFile);
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
    `${source === undefined ? 'Started' : 'Resumed'} with ${record.accelerator === 'kvm' ? 'KVM' : 'software emulation (TCG)'}, QEMU ${record.qemuVersion}`,
  );
  prepareHomes(store.homes);
  rmSync(runtimeFolder, { recursive: true, force: true });
  mkdirSync(runtimeFolder, { mode: 0o700 });
  if (guard !== null) writeFileSync(join(runtimeFolder, runtimeFile.guard), '', { mode: 0o600 });
  if (options.isNewcomer === true) noteNewcomer(runtimeFolder, 'all');
  store.announce(machine.id);
  let qemu: LaunchedQemu | undefined;
  try {
    if (tpm !== null) await startTpmEmulator(tpm);
    options.onPhase?.('prepare');
    const checked = source?.check?.();
    // Told below, unless something else fails first.
    checked?.catch(() => {});
    const launch = { machine, folder, runtimeFolder, argv: plan.argv, guard, signal: options.signal };
    qemu = launchQemu({
      ...launch,
      source: source && {
        ...source,
        runAfter: goesOnByItself ? (checked ?? Promise.resolve()) : undefined,
        beforeRun: isUnplugged ? pullCable : undefined,
      },
    });
    const monitor = await qemu.greet();
    if (isUnplugged && source === undefined) await pullCable(monitor);
    options.onPhase?.('QEMU');
    if (source !== undefined) {
      await qemu.load();
      await checked;
      options.onPhase?.('load');
    }
    const running = { ...record, process: findProcess(qemu.pid) ?? null };
    writeRunRecord(folder, running);
    if (source !== undefined && !goesOnByItself) {
      await source.onLoaded?.();
      await (source.memory.state === 'running' ? monitor.execute('cont') : takeDisks(monitor));
    }
    monitor.close();
    store.announce(machine.id);
    return running;
  } catch (error) {
    await qemu?.kill();
    if (tpm !== null) await endTpmEmulator(folder, runtimeFolder);
    rmSync(runtimeFolder, { recursive: true, force: true });
    removeRunRecord(folder);
    recordActivity(folder, 'START_FAILED', (error as Error).message);
    store.announce(machine.id);
    throw error;
  }
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

/** A guest that stays paused: QEMU from 10.0 on takes its disks into use only when it runs, and until then nothing can be done with them. */
async function takeDisks(monitor: Pick<OpenQmp, 'execute'>): Promise<void> {
  await monitor.execute('blockdev-set-active', { active: true }).catch((error: unknown) => {
    // Those before do not know the command, and have done it.
    if (!(error instanceof AppError) || error.code !== 'qemu-failed') throw error;
  });
}

/** Saved memory has the cable as it was, so this comes after it. */
export async function pullCable(monitor: Pick<OpenQmp, 'execute'>): Promise<void> {
  await monitor.execute('set_link', { name: 'net0', up: false });
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
