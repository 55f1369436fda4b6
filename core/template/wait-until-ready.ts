import { createServer } from 'node:net';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { getById } from '../machine/find-machine.ts';
import { waitFor } from '../machine/wait-for.ts';
import type { TimelineChange } from '../timeline/change-timeline.ts';

/** Waits until the guest of a template that boots is ready, and says for how long. Throws `timed-out`, `wrong-state` when it went off. */
export async function waitUntilReady(change: TimelineChange, readyWhen: string, timeoutSeconds: number): Promise<void> {
  const { site, id, signal } = change;
  const begin = performance.now();
  const tell = (): void =>
    change.progress(null, `Waiting for the guest (${readyWhen}), ${Math.round((performance.now() - begin) / 1000)} s`);
  tell();
  const timer = setInterval(tell, 1000);
  try {
    await waitFor(site, getById(site.store, id), readyWhen, timeoutSeconds, signal);
  } finally {
    clearInterval(timer);
  }
}

/** For `ssh` the guest's port 22 needs one of the host's, which is given back with its QEMU. */
export async function withReadinessPort(machine: MachineConfiguration, readyWhen: string): Promise<MachineConfiguration> {
  if (readyWhen !== 'ssh' || machine.network.mode !== 'user') return machine;
  const host = await findFreePort();
  return { ...machine, network: { ...machine.network, ports: [{ host, guest: 22, protocol: 'tcp' }] } };
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
