import { setTimeout as delay } from 'node:timers/promises';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { findAgent } from '../agent/agent-client.ts';
import { takeIdentityPrelude } from './identity.ts';

/** A guest that goes on answers in a few milliseconds; on a host that is swamped nobody waits longer than this. */
const patienceMs = 2000;
const stepMs = 2;

/**
 * Tells a guest that went on from another's memory who it is, by its agent. One that does not answer, or has no shell, stays who
 * it was: with the next command in it that is tried again.
 */
export async function introduce(runtimeFolder: string, machine: Pick<MachineConfiguration, 'name' | 'network'>): Promise<void> {
  const agent = await findAgent(runtimeFolder, patienceMs);
  if (agent === undefined) return;
  try {
    const prelude = takeIdentityPrelude(runtimeFolder, machine);
    if (prelude === undefined) return;
    const { pid } = await agent.execute<{ pid: number }>('guest-exec', { path: '/bin/sh', arg: ['-c', prelude] }, patienceMs);
    for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await delay(stepMs)) {
      if ((await agent.execute<{ exited: boolean }>('guest-exec-status', { pid }, patienceMs)).exited) return;
    }
  } catch {
    // A guest without a shell, as Windows.
  } finally {
    agent.close();
  }
}
