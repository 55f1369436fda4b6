import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../contract/app-error.ts';
import type { WatchEvent } from '../../contract/watch.ts';
import type { Client } from '../../renderer/client/client.ts';
import type { ConsoleSocket } from '../../renderer/client/console-socket.ts';
import { findTool, requireOrSkip } from '../kit/require-tool.ts';
import { createTestHome, type TestHome } from '../kit/test-home.ts';
import { waitUntil } from '../kit/wait-until.ts';
import { type MainProcess, startMainProcess } from './main-process.ts';

let home: TestHome;
let main: MainProcess;
let client: Client;
beforeAll(async () => {
  home = createTestHome();
  main = startMainProcess(home);
  await main.waitFor('window.show');
  client = main.openPage();
});
afterAll(async () => {
  const machines = await client.call.machine.list({}).catch(() => []);
  for (const { id, state } of machines) if (state !== 'off') await client.call.machine.kill({ machine: id });
  client.close();
  await main.stop();
  await home.dispose();
});

test('a machine is made, watched, started, seen and stopped through the ports', async (context) => {
  requireOrSkip(context, findTool('qemu-system-x86_64') !== undefined, 'QEMU is not installed');
  expect(client.kind).toBe('electron');
  expect(await client.call.machine.list({})).toEqual([]);
  const events: WatchEvent[] = [];
  const stop = client.watch(
    (event) => events.push(event),
    () => {},
  );
  await expect.poll(() => events[0]?.type).toBe('snapshot');
  const made = await client.call.machine.create({
    name: 'seen',
    source: { type: 'empty' },
    diskSize: 16 * 1024 * 1024,
    memoryMiB: 64,
    cpus: 1,
    accelerator: 'tcg',
  });
  await expect
    .poll(() => events.some((event) => event.type === 'machine' && event.machine.id === made.id), { timeout: 5000 })
    .toBe(true);
  expect(await client.call.machine.start({ machine: 'seen' })).toMatchObject({ state: 'running', accelerator: 'tcg' });
  await expect
    .poll(() => events.some((event) => event.type === 'machine' && event.machine.state === 'running'), { timeout: 5000 })
    .toBe(true);

  const { socket, received, closed } = listen(client.openConsole('seen', 'vnc'));
  await expect.poll(() => received().toString('latin1'), { timeout: 10_000 }).toBe('RFB 003.008\n');
  socket.send(new TextEncoder().encode('RFB 003.008\n'));
  // The list of security types: one, "none".
  await expect.poll(() => [...received().subarray(12)]).toEqual([1, 1]);
  await client.call.machine.kill({ machine: 'seen' });
  expect(await closed).toMatchObject({ reason: 'The machine closed this console.' });
  await expect
    .poll(() => events.filter((event) => event.type === 'machine').at(-1), { timeout: 5000 })
    .toMatchObject({ machine: { state: 'off' } });
  stop();
});

test('errors arrive as AppErrors', async () => {
  const missing = await client.call.machine.info({ machine: 'nobody' }).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(AppError);
  expect(missing).toMatchObject({ code: 'not-found' });
  await expect(client.call.machine.info({ machine: 3 } as never)).rejects.toMatchObject({ code: 'invalid-input' });
});

test('a page that sends garbage disturbs nobody', async () => {
  const port = await main.openPort();
  for (const garbage of ['', '{', 'null', '[]', 7, null, { i: 1 }, new Uint8Array([255, 0])]) port.postMessage(garbage);
  await expect.poll(() => main.printed()).toContain('bothy: unhandled rejection');
  const answer = new Promise((resolve) => port.on('message', resolve));
  port.postMessage(JSON.stringify({ i: '1', p: { u: '/task/list', b: { json: {} } } }));
  expect(JSON.parse(String(await answer))).toMatchObject({ i: '1', p: { b: { json: expect.any(Array) } } });
  port.close();
  expect(await client.call.task.list({})).toEqual(expect.any(Array));
});

test('a ticket that is no good ends the console with the reason', async () => {
  expect(await listen(client.openConsole('nobody', 'vnc')).closed).toMatchObject({
    code: 4000,
    reason: expect.stringMatching(/nobody/),
  });
});

test('closing the window while a machine runs says once that it goes on', async (context) => {
  requireOrSkip(context, findTool('qemu-system-x86_64') !== undefined, 'QEMU is not installed');
  await client.call.machine.create({
    name: 'goes-on',
    source: { type: 'empty' },
    diskSize: 0,
    memoryMiB: 64,
    accelerator: 'tcg',
  });
  await client.call.machine.start({ machine: 'goes-on' });
  await main.happen('closeWindow');
  await main.waitFor('app.quit');
  expect(main.find('dialog.showMessageBox')?.detail).toMatchObject({ message: '“goes-on” keeps running' });
  client.close();
  await main.stop();

  main = startMainProcess(home);
  await main.waitFor('window.show');
  client = main.openPage();
  expect(await client.call.machine.list({})).toContainEqual(expect.objectContaining({ name: 'goes-on', state: 'running' }));
  await main.happen('closeWindow');
  await main.waitFor('app.quit');
  expect(main.find('dialog.showMessageBox')).toBeUndefined();
  client.close();
  await main.stop();

  main = startMainProcess(home);
  await main.waitFor('window.show');
  client = main.openPage();
});

test('closing the window does not give up a machine that is being made', async (context) => {
  requireOrSkip(context, findTool('qemu-system-x86_64') !== undefined, 'QEMU is not installed');
  const image = writeRandomDisk(home.scratch, 192 * 1024 * 1024);
  const source = { type: 'image', path: image } as const;
  const made = client.call.machine.create({ name: 'half-made', source, accelerator: 'tcg' }).catch(() => undefined);
  await waitUntil('the copy to begin', async () =>
    (await client.call.task.list({})).some(({ state, step }) => state === 'running' && step !== ''),
  );
  await main.happen('closeWindow');
  await main.waitFor('app.quit');
  client.close();
  await made;
  await main.stop();

  main = startMainProcess(home);
  await main.waitFor('window.show');
  client = main.openPage();
  expect(await client.call.machine.list({})).toContainEqual(expect.objectContaining({ name: 'half-made', state: 'off' }));
});

/** A disk that takes a while to copy: a boot sector's mark and bytes that do not compress into holes. */
function writeRandomDisk(folder: string, bytes: number): string {
  const disk = randomBytes(bytes);
  disk.set([0x55, 0xaa], 510);
  const path = join(folder, 'random.img');
  writeFileSync(path, disk);
  return path;
}

function listen(socket: ConsoleSocket) {
  const chunks: Buffer[] = [];
  socket.onmessage = ({ data }) => chunks.push(Buffer.from(data));
  const closed = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  return { socket, closed, received: () => Buffer.concat(chunks) };
}
