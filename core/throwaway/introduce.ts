import { setTimeout as delay } from 'node:timers/promises';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { findAgent } from '../agent/agent-client.ts';
import { tellParkedShell } from '../agent/park-shell.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import type { RunRecord } from '../machine/run-record.ts';
import { isAlive } from '../qemu/qemu-process.ts';
import { findIdentityPrelude, forgetNewcomer } from './identity.ts';
import type { StartedClone } from './start-clone.ts';

/** A guest that goes on answers in a few milliseconds; on a host that is swamped nobody waits longer than this. */
const patienceMs = 2000;
const stepMs = 2;

/** How long a guest that goes on may take to read what it was told. */
const readingMs = 5000;

/** One that boots is asked after its agent this often, as long as a slow boot takes, by a process that stays. */
const bootLookMs = 1000;
const bootMs = 600_000;

/**
 * Tells the guest of a clone that was just started who it is: by the shell that waits in it, else by its agent. Nobody waits for
 * the shell, which reads it as the first thing the guest does, nor for a boot; the next command in the guest says it again.
 */
export async function introduceClone(
  store: MachineStore,
  { machine, run, isWarm, hasAgent, shell }: StartedClone,
): Promise<void> {
  if (shell !== null) {
    tellParkedShell(shell, `${findIdentityPrelude(run.runtimeFolder, machine) ?? ''}\nexit`);
    setTimeout(() => shell.destroy(), readingMs).unref();
  } else if (!isWarm) introduceWhenBooted(store, machine.id, run);
  else if (hasAgent) await introduce(run.runtimeFolder, machine);
}

/** Ends with the guest's QEMU, or when somebody else told it. */
function introduceWhenBooted(store: MachineStore, id: string, { runtimeFolder, process }: RunRecord): void {
  const lastAt = performance.now() + bootMs;
  const look = async (): Promise<void> => {
    // It may have been kept under another name meanwhile.
    const machine = store.find(id)?.definition;
    if (machine == null || process === null || !isAlive(process) || performance.now() > lastAt) return;
    if (findIdentityPrelude(runtimeFolder, machine) === undefined) return;
    if ((await introduce(runtimeFolder, machine)) === 'silent') lookLater();
  };
  const lookLater = (): void => void setTimeout(() => void look().catch(() => {}), bootLookMs).unref();
  lookLater();
}

/**
 * Tells a guest that has its template's memory or disks who it is, by its agent; gives whether that answered. One whose agent does not, or
 * that has no shell, stays who it was: with the next command in it that is tried again.
 */
export async function introduce(
  runtimeFolder: string,
  machine: Pick<MachineConfiguration, 'name' | 'network'>,
): Promise<'answered' | 'silent'> {
  const agent = await findAgent(runtimeFolder, patienceMs);
  if (agent === undefined) return 'silent';
  try {
    const prelude = findIdentityPrelude(runtimeFolder, machine);
    if (prelude === undefined) return 'answered';
    const { pid } = await agent.execute<{ pid: number }>('guest-exec', { path: '/bin/sh', arg: ['-c', prelude] }, patienceMs);
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(stepMs)) {
      if ((await agent.execute<{ exited: boolean }>('guest-exec-status', { pid }, patienceMs)).exited) {
        forgetNewcomer(runtimeFolder);
        break;
      }
    }
  } catch {
    // A guest without a shell, as Windows.
  } finally {
    agent.close();
  }
  return 'answered';
}
