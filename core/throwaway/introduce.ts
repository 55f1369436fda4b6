import type { MachineConfiguration } from '../../contract/machine.ts';
import { findAgent } from '../agent/agent-client.ts';
import { takeIdentityPrelude } from './identity.ts';

/** A guest that goes on answers in a few milliseconds; on a host that is swamped nobody waits longer than this. */
const patienceMs = 2000;

/**
 * Tells a guest that went on from another's memory who it is, by its agent. One that does not answer, or has no shell, stays who
 * it was: with the next command in it that is tried again.
 */
export async function introduce(runtimeFolder: string, machine: Pick<MachineConfiguration, 'name' | 'network'>): Promise<void> {
  const agent = await findAgent(runtimeFolder, patienceMs);
  if (agent === undefined) return;
  try {
    const prelude = takeIdentityPrelude(runtimeFolder, machine);
    if (prelude !== undefined) await agent.execute('guest-exec', { path: '/bin/sh', arg: ['-c', prelude] }, patienceMs);
  } catch {
    // A guest without a shell, as Windows.
  } finally {
    agent.close();
  }
}
