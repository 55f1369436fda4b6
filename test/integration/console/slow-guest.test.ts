import { expect, onTestFinished, test } from 'vitest';
import { createCore } from '../../../core/create-core.ts';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

test('a guest that reads its serial line late gets every byte, also after the writer gave way and left', async () => {
  const home = useTestHome();
  const core = createCore({ environment: home.environment });
  const { machine } = core.handlers;
  onTestFinished(async () => {
    await machine.kill({ machine: 'echo' }, {}).catch(() => {});
    await core.close();
  });
  const source = { type: 'image', path: writeEchoGuest(home.scratch) } as const;
  await machine.create({ name: 'echo', source, memoryMiB: 32, cpus: 1, accelerator: 'tcg', network: 'none', start: true }, {});
  await machine.wait({ machine: 'echo', for: 'serial:ready' }, {});
  await machine.pause({ machine: 'echo' }, {});
  const first = await core.consoles.open('echo', 'serial');
  const second = await core.consoles.open('echo', 'serial');
  const long = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(3, '0')).join('-');
  await new Promise<void>((resolve) => first.write(long, () => resolve()));
  first.end();
  // The second writer gets its turn only when QEMU has read what the first left.
  const written = new Promise<void>((resolve) => second.write('!end', () => resolve()));
  await machine.resume({ machine: 'echo' }, {});
  await written;
  let answer = '';
  second.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1');
  });
  await waitUntil('the guest to answer', () => answer.includes('!end'));
  expect(answer).toContain(long);
  first.destroy();
  second.destroy();
});
