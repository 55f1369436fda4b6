import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import type { WatchEvent } from '../../../contract/watch.ts';
import { type Client, createClient } from '../../../renderer/client/client.ts';
import type { ConsoleCloseEvent, ConsoleSocket } from '../../../renderer/client/console-socket.ts';
import type { ConnectionStatus } from '../../../renderer/client/watch.ts';
import { startServer } from '../../../server/start-server.ts';
import { type ServerFixture, serverStarted } from '../server/server-fixture.ts';
import { webEnvironment } from './web-environment.ts';

let web: ServerFixture;
let environment: ReturnType<typeof webEnvironment>;
let client: Client;
beforeEach(async () => {
  web = await serverStarted();
  environment = webEnvironment(web);
  client = createClient(environment);
});
afterEach(async () => {
  client.close();
  await web.close();
});

test('calls share one connection', async () => {
  expect(client.kind).toBe('web');
  const lists = await Promise.all([client.call.machine.list({}), client.call.machine.list({}), client.call.machine.list({})]);
  expect(lists.map((list) => list.length)).toEqual([1, 1, 1]);
  expect(environment.sockets).toHaveLength(1);
});

test('what a call throws is an AppError with its code and hint', async () => {
  const error = await client.call.machine.info({ machine: 'nobody' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'not-found', message: 'There is no machine called nobody.', hint: 'Look at the list.' });
  await expect(client.call.machine.start({ machine: 'x' })).rejects.toMatchObject({ code: 'internal' });
});

test('a call whose connection breaks says so, and the next one connects anew', async () => {
  const waiting = client.call.machine.wait({ machine: 'alpha', for: 'off' });
  waiting.catch(() => {});
  await expect.poll(() => web.core.contexts.has('machine.wait')).toBe(true);
  environment.sockets[0]?.terminate();
  await expect(waiting).rejects.toMatchObject({ code: 'disconnected' });
  expect(await client.call.machine.list({})).toHaveLength(1);
});

test('a cancelled call says so', async () => {
  const controller = new AbortController();
  const waiting = client.call.machine.wait({ machine: 'alpha', for: 'off' }, { signal: controller.signal });
  waiting.catch(() => {});
  await expect.poll(() => web.core.contexts.has('machine.wait')).toBe(true);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => web.core.contexts.get('machine.wait')?.[0]?.signal?.aborted).toBe(true);
});

test('watching gives a snapshot, then events, and again a snapshot after the connection broke', async () => {
  const { events, statuses, stop } = follow();
  await expect.poll(() => events.length).toBe(1);
  web.core.emit({ type: 'machine-removed', sequence: 1, id: 'a' });
  await expect.poll(() => events.length).toBe(2);
  environment.sockets[0]?.terminate();
  await expect.poll(() => events.length).toBe(3);
  expect(events.map((event) => event.type)).toEqual(['snapshot', 'machine-removed', 'snapshot']);
  expect(statuses).toEqual(['connecting', 'connected', 'lost', 'connected']);
  expect(web.core.watchers.size).toBe(1);
  stop();
  await expect.poll(() => web.core.watchers.size).toBe(0);
});

test('a gap in the sequence is never shown: a new snapshot is', async () => {
  const { events, statuses } = follow();
  await expect.poll(() => events.length).toBe(1);
  web.core.emit({ type: 'machine-removed', sequence: 2, id: 'late' });
  await expect.poll(() => events.length).toBe(2);
  expect(events.map((event) => event.type)).toEqual(['snapshot', 'snapshot']);
  expect(statuses).not.toContain('lost');
  await expect.poll(() => web.core.watchers.size).toBe(1);
});

test('a server that comes back is found again', async () => {
  const { events, statuses } = follow();
  await expect.poll(() => events.length).toBe(1);
  const { port } = web.server;
  const secret = new URL(web.server.url).searchParams.get('key') ?? '';
  await web.server.close();
  await expect.poll(() => statuses.filter((status) => status === 'lost').length, { timeout: 5000 }).toBeGreaterThan(1);
  const again = await startServer({ core: web.core, rendererFolder: '/nowhere', port, secret });
  try {
    await expect.poll(() => events.length, { timeout: 10_000 }).toBe(2);
    expect(statuses.at(-1)).toBe('connected');
  } finally {
    await again.close();
  }
});

test('a page of an earlier run is told which address to open', async () => {
  const later = await startServer({ core: web.core, rendererFolder: '/nowhere' });
  const stale = createClient(webEnvironment(web, later.port));
  try {
    await expect(stale.call.machine.list({})).rejects.toMatchObject({
      code: 'permission-denied',
      hint: 'Open the address that `bothy serve` printed last.',
    });
  } finally {
    stale.close();
    await later.close();
  }
});

test('a console has the shape of a WebSocket and carries bytes both ways', async () => {
  const { socket, opened, received } = openConsole();
  expect(socket).toMatchObject({ readyState: 0, protocol: '', binaryType: 'arraybuffer' });
  await opened;
  expect(socket.readyState).toBe(1);
  const shared = new Uint8Array([9, 1, 2, 3, 9]);
  socket.send(shared.subarray(1, 4));
  shared.fill(0);
  await expect.poll(() => [...received()]).toEqual([1, 2, 3]);
});

test('bytes a machine prints at once are not lost', async () => {
  web.core.openStream = () => {
    const stream = new PassThrough();
    stream.write('RFB 003.008\n');
    return stream;
  };
  const { received } = openConsole();
  await expect.poll(() => received().toString()).toBe('RFB 003.008\n');
});

test('a console that ends tells why', async () => {
  const stream = new PassThrough();
  web.core.openStream = () => stream;
  const { opened, closed, socket } = openConsole();
  await opened;
  stream.end();
  expect(await closed).toEqual({ type: 'close', code: 1000, reason: 'The machine closed this console.', wasClean: true });
  expect(socket.readyState).toBe(3);
  socket.close();
});

test('a console that cannot be opened tells why', async () => {
  web.core.openStream = () => {
    throw new AppError('wrong-state', 'alpha is off.');
  };
  expect(await openConsole().closed).toMatchObject({ code: 4404, reason: 'alpha is off.', wasClean: false });
  await web.server.close();
  await expect(client.call.machine.list({})).rejects.toMatchObject({ code: 'disconnected' });
  expect(await openConsole().closed).toMatchObject({ code: 4000, reason: 'Bothy does not answer.' });
});

test('closing a console from the page closes the stream, also before it opened', async () => {
  const stream = new PassThrough();
  web.core.openStream = () => stream;
  const { socket, opened, closed } = openConsole();
  await opened;
  socket.close();
  expect((await closed).type).toBe('close');
  await expect.poll(() => stream.destroyed).toBe(true);
  const early = openConsole();
  early.socket.close();
  expect(await early.closed).toMatchObject({ type: 'close' });
  expect(early.socket.readyState).toBe(3);
});

function follow() {
  const events: WatchEvent[] = [];
  const statuses: ConnectionStatus[] = [];
  const stop = client.watch(
    (event) => events.push(event),
    (status) => statuses.push(status),
  );
  return { events, statuses, stop };
}

function openConsole() {
  const socket: ConsoleSocket = client.openConsole('alpha', 'serial');
  const chunks: Buffer[] = [];
  socket.onmessage = ({ data }) => chunks.push(Buffer.from(data));
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  const closed = new Promise<ConsoleCloseEvent>((resolve) => {
    socket.onclose = resolve;
  });
  return { socket, opened, closed, received: () => Buffer.concat(chunks) };
}
