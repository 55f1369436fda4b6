import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

test('the log of a guest that prints without end is cut, its end is kept, and QEMU goes on writing', async () => {
  const { core, machine, folder, scratch } = useCore();
  const source = { type: 'image', path: writeEchoGuest(scratch) } as const;
  const { diskSize: _none, ...tiny } = tinyMachine;
  const { id } = await machine.create({ name: 'one', ...tiny, source, start: true }, {});
  await machine.wait({ machine: 'one', for: 'serial:ready' }, {});
  const log = join(folder, 'machines', id, 'logs/serial.log');
  // Sparse, so that the flood takes no room.
  truncateSync(log, 65 * 1024 ** 2);
  appendFileSync(log, 'the last words');
  await machine.list({}, {});
  expect(statSync(log).size).toBe(0);
  const previous = join(folder, 'machines', id, 'logs/serial.previous.log');
  expect(readFileSync(previous, 'latin1').endsWith('the last words')).toBe(true);
  expect(statSync(previous).size).toBe(1024 ** 2);

  const console = await core.consoles.open('one', 'serial');
  console.write('again');
  await waitUntil('the echo', () => existsSync(log) && readFileSync(log, 'latin1') === 'again');
  console.destroy();
});
