import { existsSync, rmSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { MachineState, Problem } from '../../contract/machine.ts';
import { findByCommandLine, findByPidFile, isAlive, type ProcessIdentity, readBootId } from '../qemu/qemu-process.ts';
import { dismissTpmEmulator } from '../qemu/tpm-emulator.ts';
import { findVcpuTime } from '../qemu/vcpu-time.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import type { Locks } from '../storage/lock.ts';
import { boundLogs } from './bound-logs.ts';
import { findCrash } from './find-crash.ts';
import { findCpuProblem } from './judge-cpu.ts';
import { judgeStatus } from './judge-status.ts';
import type { MachineStore, StoredMachine } from './machine-store.ts';
import { findRunRecord, type RunRecord, removeRunRecord, writeRunRecord } from './run-record.ts';

/** A machine and what its process and its monitor say of it now. */
export interface ObservedMachine {
  readonly stored: StoredMachine;
  readonly state: MachineState;
  readonly run: RunRecord | undefined;
  readonly process: ProcessIdentity | undefined;
  readonly problems: readonly Problem[];
}

/** A starter that was killed may have left a QEMU that is not visible yet; nothing is cleaned up before this age. */
const settleAfterMs = 2000;

/**
 * Derives the state: the process alive, its start time, QMP `query-status`. A run that is over is settled on the way
 * (its sockets and record removed), if nobody else holds the machine's lock; `held` says that the caller does.
 */
export async function observeMachine(
  store: MachineStore,
  locks: Locks | 'held',
  stored: StoredMachine,
): Promise<ObservedMachine> {
  const { run, process } = findRun(store, stored);
  const runtimeFolder = run?.runtimeFolder ?? store.runtimeFolderOf(stored.id);
  if (process === undefined) return observeStopped(store, locks, stored, run, runtimeFolder);
  boundLogs(stored.folder);
  const live = await observeLive(locks, stored.id, run, runtimeFolder, process);
  if (live === undefined) return observeStopped(store, locks, stored, findRunRecord(stored.folder), runtimeFolder);
  if (stored.problem !== null) {
    const problem = { message: stored.problem, hint: `Its QEMU still runs (process ${process.pid}).` };
    return { stored, state: 'broken', run, process, problems: [problem, ...live.problems] };
  }
  return { stored, state: live.state, run, process, problems: live.problems };
}

/** The record of a machine's run and its QEMU, which is not asked. */
export function findRun(store: MachineStore, stored: StoredMachine): Pick<ObservedMachine, 'run' | 'process'> {
  const run = findRunRecord(stored.folder);
  return { run, process: findQemu(run, run?.runtimeFolder ?? store.runtimeFolderOf(stored.id)) };
}

/** The QEMU process of a machine, by its record, its pid file, or (just spawned) its command line. */
function findQemu(run: RunRecord | undefined, runtimeFolder: string): ProcessIdentity | undefined {
  if (run?.process != null) return isAlive(run.process) && run.bootId === readBootId() ? run.process : undefined;
  return findByPidFile(runtimeFolder) ?? (run !== undefined && run.crash === null ? findByCommandLine(runtimeFolder) : undefined);
}

/** What the monitor says; undefined when the process ended meanwhile. */
async function observeLive(
  locks: Locks | 'held',
  id: string,
  run: RunRecord | undefined,
  runtimeFolder: string,
  process: ProcessIdentity,
): Promise<{ state: MachineState; problems: Problem[] } | undefined> {
  if (run?.process === null && locks !== 'held' && (await locks.isHeld(id))) return { state: 'starting', problems: [] };
  if (!existsSync(runtimeFolder)) {
    const message = `Its runtime folder ${runtimeFolder} was deleted, so it runs but cannot be reached.`;
    return { state: 'running', problems: [{ message, hint: 'Shut it down from inside, or force it off, and start it again.' }] };
  }
  try {
    const status = await withMonitor(runtimeFolder, (monitor) => monitor.execute<{ status: string }>('query-status'), {
      timeoutMs: 1500,
    });
    const judged = judgeStatus(status.status, run);
    return {
      state: judged.state,
      problems: [...judged.problems, ...(judged.state === 'running' ? listCpuProblems(run, process) : [])],
    };
  } catch (error) {
    // A refused connection usually means QEMU is just ending.
    for (let tries = 0; tries < 20 && isAlive(process); tries += 1) await delay(15);
    if (!isAlive(process)) return undefined;
    const message = `QEMU (process ${process.pid}) does not answer: ${(error as Error).message}`;
    return { state: 'running', problems: [{ message, hint: 'Wait, or force the machine off.' }] };
  }
}

function listCpuProblems(run: RunRecord | undefined, process: ProcessIdentity): Problem[] {
  const time = run?.accelerator === 'kvm' ? findVcpuTime(process.pid) : undefined;
  const problem =
    run === undefined || time === undefined ? undefined : findCpuProblem(time, (Date.now() - Date.parse(run.startedAt)) / 1000);
  return problem === undefined ? [] : [problem];
}

async function observeStopped(
  store: MachineStore,
  locks: Locks | 'held',
  stored: StoredMachine,
  run: RunRecord | undefined,
  runtimeFolder: string,
): Promise<ObservedMachine> {
  const base = { stored, run, process: undefined };
  if (run?.process === null && run.crash === null && isYoung(run)) {
    return { ...base, state: stored.problem === null ? 'starting' : 'broken', problems: [] };
  }
  const crash = run === undefined ? null : findCrash(stored.folder, run);
  if ((run !== undefined && run.crash === null) || existsSync(runtimeFolder)) {
    if (locks === 'held') settle(store, stored, runtimeFolder);
    else await settleIfFree(store, locks, stored, runtimeFolder);
  }
  if (stored.problem !== null) {
    const hint = `Mend or restore the file; the machine's disks are still in ${stored.folder}.`;
    return { ...base, state: 'broken', problems: [{ message: stored.problem, hint }] };
  }
  // Whatever became of a QEMU that was to go on from saved memory: the memory is still there.
  if (stored.definition?.timeline.memory != null) return { ...base, run: undefined, state: 'suspended', problems: [] };
  if (crash !== null) return { ...base, state: 'crashed', problems: [{ message: crash.message, hint: crash.hint }] };
  return { ...base, run: undefined, state: 'off', problems: [] };
}

/** A start that lies ahead is one of before the clock was set back; nobody waits until then. */
function isYoung(run: RunRecord): boolean {
  const ageMs = Date.now() - Date.parse(run.startedAt);
  return ageMs >= 0 && ageMs < settleAfterMs;
}

async function settleIfFree(store: MachineStore, locks: Locks, stored: StoredMachine, runtimeFolder: string): Promise<void> {
  const lock = await locks.tryAcquire(stored.id, 'clean up');
  if (lock === undefined) return;
  try {
    settle(store, stored, runtimeFolder);
  } catch {
    // On a full or failing disk the leftovers stay; the machine is described all the same.
  } finally {
    await lock.release();
  }
}

/** Removes what a run that is over left behind. The caller holds the machine's lock. */
export function settle(store: MachineStore, stored: StoredMachine, runtimeFolder = store.runtimeFolderOf(stored.id)): void {
  const run = findRunRecord(stored.folder);
  if (findQemu(run, runtimeFolder) !== undefined) return;
  if (run === undefined || run.configuration.tpm !== null) dismissTpmEmulator(stored.folder, runtimeFolder);
  rmSync(runtimeFolder, { recursive: true, force: true });
  // Deleted by somebody since it was found, or never one.
  if (!isFolder(stored.folder)) return;
  if (run === undefined) removeRunRecord(stored.folder);
  else if (run.crash === null) {
    const crash = findCrash(stored.folder, run);
    if (crash === null) removeRunRecord(stored.folder);
    else writeRunRecord(stored.folder, { ...run, crash });
  }
  store.announce(stored.id);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
