import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import type { Host, QemuTools } from '../host/host.ts';
import { type DetachedProcess, spawnDetached } from '../process/spawn-detached.ts';
import { buildArguments, type HostChoices } from '../qemu/build-arguments.ts';
import { readTail } from '../qemu/event-log.ts';
import { explainQemuFailure } from '../qemu/explain-failure.ts';
import { findProcess, readBootId } from '../qemu/qemu-process.ts';
import { connectQmp } from '../qemu/qmp-client.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { checkSocketBudget, prepareHomes } from '../storage/homes.ts';
import { recordActivity } from './activity.ts';
import { chooseAccelerator } from './choose-accelerator.ts';
import { getFirmware } from './get-firmware.ts';
import { dropTimeline, type MachineStore, makeMachineFolders } from './machine-store.ts';
import { checkBeforeStart } from './preflight.ts';
import { type RunRecord, removeRunRecord, writeRunRecord } from './run-record.ts';

/** How long QEMU may take to greet; the guest's own boot is not part of it. */
const readyTimeoutMs = 30_000;
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
export async function planLaunch(store: MachineStore, host: Host, machine: MachineConfiguration): Promise<LaunchPlan> {
  checkSocketBudget(store.homes, machine.id);
  const tools = await host.tools();
  const { accelerator, notice } = await chooseAccelerator(host, machine.accelerator);
  const choices: HostChoices = {
    qemu: tools.qemu,
    accelerator,
    cpu: accelerator === 'kvm' ? await host.kvmCpu() : 'max',
    hasUserNetwork: tools.features['user-network'] === true,
    hasSandbox: tools.features['sandbox'] === true,
    folder: store.folderOf(machine.id),
    runtimeFolder: store.runtimeFolderOf(machine.id),
    firmwareCode: findFirmwareCode(host, machine),
  };
  return { argv: buildArguments(machine, choices), choices, notice: buildNotice(machine, choices, notice), tools };
}

/** Why the accelerator was chosen, and what the machine goes without because this QEMU was built without it. */
function buildNotice(machine: MachineConfiguration, choices: HostChoices, notice: string | null): string | null {
  const sentences = notice === null ? [] : [notice];
  if (machine.network.mode === 'user' && !choices.hasUserNetwork)
    sentences.push('It has no network card: this QEMU was built without user networking (slirp).');
  if (!choices.hasSandbox) sentences.push('It runs without QEMU’s sandbox: this QEMU was built without it (seccomp).');
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** Starts QEMU for a machine that is off and waits until it answers. The caller holds the machine's lock. */
export async function startMachine(
  store: MachineStore,
  host: Host,
  machine: MachineConfiguration,
  signal: AbortSignal | undefined,
): Promise<void> {
  const plan = await planLaunch(store, host, machine);
  const { folder, runtimeFolder } = plan.choices;
  checkBeforeStart(machine, folder);
  makeMachineFolders(folder);
  setLogsAside(folder);
  const record: RunRecord = {
    schemaVersion: 2,
    startedAt: new Date().toISOString(),
    bootId: readBootId(),
    process: null,
    accelerator: plan.choices.accelerator,
    notice: plan.notice,
    qemuVersion: plan.tools.version,
    argv: [...plan.argv],
    runtimeFolder,
    configuration: dropTimeline(machine),
    crash: null,
  };
  writeRunRecord(folder, record);
  recordActivity(
    folder,
    'START',
    `Started with ${record.accelerator === 'kvm' ? 'KVM' : 'software emulation (TCG)'}, QEMU ${record.qemuVersion}`,
  );
  prepareHomes(store.homes);
  rmSync(runtimeFolder, { recursive: true, force: true });
  mkdirSync(runtimeFolder, { mode: 0o700 });
  store.announce(machine.id);
  let qemu: DetachedProcess | undefined;
  try {
    qemu = spawnQemu(plan.argv, folder, runtimeFolder);
    await waitUntilReady(qemu, machine, folder, runtimeFolder, signal);
  } catch (error) {
    qemu?.kill();
    await qemu?.ended;
    rmSync(runtimeFolder, { recursive: true, force: true });
    removeRunRecord(folder);
    recordActivity(folder, 'START_FAILED', (error as Error).message);
    store.announce(machine.id);
    throw error;
  }
  writeRunRecord(folder, { ...record, process: findProcess(qemu.pid) ?? null });
  store.announce(machine.id);
}

function findFirmwareCode(host: Host, machine: MachineConfiguration): HostChoices['firmwareCode'] {
  if (machine.firmware === 'bios') return null;
  const { code, format } = getFirmware(host, machine.firmware);
  return { path: code, format };
}

function spawnQemu(argv: readonly string[], folder: string, runtimeFolder: string): DetachedProcess {
  const negotiation = join(runtimeFolder, 'negotiation.json');
  writeFileSync(negotiation, '{"execute":"qmp_capabilities"}\n', { mode: 0o600 });
  const input = openSync(negotiation, 'r');
  const events = openSync(join(folder, machineFile.events), 'a', 0o600);
  const log = openSync(join(folder, machineFile.qemuLog), 'a', 0o600);
  try {
    return spawnDetached(argv, [input, events, log]);
  } finally {
    for (const file of [input, events, log]) closeSync(file);
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
