import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { getAgentGuest } from '../../guests/index.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useCore } from '../../kit/use-core.ts';

test('a guest agent is waited for, gives the addresses, and an SSH server that is not there is not found', async (context) => {
  skipWithoutGuests(context);
  const { core } = useCore();
  const { machine } = core.handlers;
  const { kernel, initrd, append } = await getAgentGuest();
  const ports = [{ host: await findFreePort(), guest: 22, protocol: 'tcp' as const }];
  const settings = {
    memoryMiB: 512,
    cpus: 1,
    accelerator: 'tcg',
    ports,
    source: { type: 'kernel', kernel, initrd, append },
  } as const;
  await machine.create({ name: 'one', ...settings, start: true }, {});
  expect((await machine.info({ machine: 'one' }, {})).agent).toBe('not-answering');
  await machine.wait({ machine: 'one', for: 'agent', timeoutSeconds: 80 }, {});
  const info = await machine.info({ machine: 'one' }, {});
  expect(info.agent).toBe('connected');
  expect(info.addresses).toContain('10.0.2.15');
  // Nothing in the guest speaks SSH, although QEMU's own end of the forwarding accepts.
  await expect(machine.wait({ machine: 'one', for: 'ssh', timeoutSeconds: 1 }, {})).rejects.toMatchObject({ code: 'timed-out' });
});

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
