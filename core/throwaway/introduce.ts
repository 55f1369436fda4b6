import { setTimeout as delay } from 'node:timers/promises';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { findAgent } from '../agent/agent-client.ts';
import { tellParkedShell } from '../agent/park-shell.ts';
import { findIdentityPrelude, forgetNewcomer } from './identity.ts';
import type { StartedClone } from './start-clone.ts';

/** A guest that goes on answers in a few milliseconds; on a host that is swamped nobody waits longer than this. */
const patienceMs = 2000;
const stepMs = 2;

/** How long a guest that goes on may take to read what it was told. */
const readingMs = 5000;

/**
 * Tells the guest of a clone that was just started who it is: by the shell that waits in it, else by its agent. Nobody waits for
 * the shell, which reads it as the first thing the guest does; the next command in the guest says it again.
 */
export async function introduceClone({ machine, run, isWarm, hasAgent, shell }: StartedClone): Promise<void> {
  if (shell !== null) {
    tellParkedShell(shell, `${findIdentityPrelude(run.runtimeFolder, machine) ?? ''}\nexit`);
    setTimeout(() => shell.destroy(), readingMs).unref();
  } else if (isWarm && hasAgent) await introduce(run.runtimeFolder, machine);
}

/**
 * Tells a guest that went on from another's memory who it is, by its agent. One that does not answer, or has no shell, stays who
 * it was: with the next command in it that is tried again.
 */
export async function introduce(runtimeFolder: string, machine: Pick<MachineConfiguration, 'name' | 'network'>): Promise<void> {
  const agent = await findAgent(runtimeFolder, patienceMs);
  if (agent === undefined) return;
  try {
    const prelude = findIdentityPrelude(runtimeFolder, machine);
    if (prelude === undefined) return;
    const { pid } = await agent.execute<{ pid: number }>('guest-exec', { path: '/bin/sh', arg: ['-c', prelude] }, patienceMs);
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(stepMs)) {
      if ((await agent.execute<{ exited: boolean }>('guest-exec-status', { pid }, patienceMs)).exited)
        return forgetNewcomer(runtimeFolder);
    }
  } catch {
    // A guest without a shell, as Windows.
  } finally {
    agent.close();
  }
}
