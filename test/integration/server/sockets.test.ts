import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { PassThrough } from 'node:stream';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { RouterContract } from '../../../contract/router.ts';
import { ended, type ServerFixture, serverStarted } from './server-fixture.ts';

let web: ServerFixture;
beforeEach(async () => {
  web = await serverStarted();
});
afterEach(() => web.close());

const endlessZeros = (limit: number) => {
  const chunk = Buffer.alloc(64 * 1024);
  const stream = new PassThrough({ highWaterMark: 64 * 1024 });
  let produced = 0;
  const produce = () => {
    while (produced < limit && !stream.destroyed) {
      produced += chunk.length;
      if (!stream.write(chunk)) {
        stream.once('drain', produce);
        return;
      }
    }
    stream.end();
  };
  produce();
  return { stream, produced: () => produced };
};

test('/rpc carries the contract', async () => {
  const client = rpcClient(web.connect('/rpc'));
  expect(await client.machine.list({})).toHaveLength(1);
  await expect(client.machine.info({ machine: 'x' })).rejects.toMatchObject({ data: { code: 'not-found' } });
});

test.each([
  ['no cookie', '/rpc', { cookie: undefined }, 401],
  ['a wrong cookie', '/rpc', { cookie: 'bothy-1=x' }, 401],
  ['no origin', '/rpc', { origin: undefined }, 403],
  ['another origin', '/rpc', { origin: 'http://evil.example' }, 403],
  ['another port of this computer', '/rpc', { origin: 'http://127.0.0.1:1' }, 403],
  ['a null origin', '/rpc', { origin: 'null' }, 403],
  ['a rebound name', '/rpc', { host: 'evil.example' }, 403],
  ['another path', '/other', {}, 404],
  ['a longer path', '/rpcx', {}, 404],
  ['a console with no origin', '/console?ticket=x', { origin: undefined }, 403],
  ['a console with no cookie', '/console?ticket=x', { cookie: undefined }, 401],
])('%s opens nothing', async (_what, path, headers, status) => {
  expect(await ended(web.connect(path, headers))).toEqual({ status });
});

test('a console carries bytes both ways', async () => {
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  console.send(Buffer.from([0, 1, 2, 255]));
  const [data, isBinary] = await once(console, 'message');
  expect([...(data as Buffer)]).toEqual([0, 1, 2, 255]);
  expect(isBinary).toBe(true);
});

test('a ticket opens one console', async () => {
  const ticket = web.core.issueTicket();
  await once(web.connect(`/console?ticket=${ticket}`), 'open');
  expect(await ended(web.connect(`/console?ticket=${ticket}`))).toEqual({
    code: 4404,
    reason: 'This console ticket was used or is too old.',
  });
});

test.each(['', 'guess', '../x'])('the ticket %j opens nothing', async (ticket) => {
  expect(await ended(web.connect(`/console?ticket=${ticket}`))).toMatchObject({ code: 4404 });
});

test('when the machine ends its side the page is told', async () => {
  const stream = new PassThrough();
  web.core.openStream = () => stream;
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  const end = ended(console);
  stream.end('last words');
  const [data] = await once(console, 'message');
  expect(String(data)).toBe('last words');
  expect(await end).toEqual({ code: 1000, reason: 'The machine closed this console.' });
});

test('when the page leaves, the stream is closed', async () => {
  const stream = new PassThrough();
  web.core.openStream = () => stream;
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  console.close();
  await once(stream, 'close');
});

test('a page that stops reading stops the stream, and gets everything once it reads again', async () => {
  const total = 64 * 1024 * 1024;
  const source = endlessZeros(total);
  web.core.openStream = () => source.stream;
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  let received = 0;
  console.on('message', (data: Buffer) => {
    received += data.length;
  });
  await once(console, 'open');
  console.pause();
  let before = -1;
  await expect
    .poll(() => {
      const isStill = source.produced() === before;
      before = source.produced();
      return isStill;
    })
    .toBe(true);
  // What the kernel's socket buffers take comes on top of the mebibyte that may wait in the server.
  expect(source.produced()).toBeLessThan(16 * 1024 * 1024);
  console.resume();
  await ended(console);
  expect(received).toBe(total);
});

test('a machine that stops reading stops the page', async () => {
  const stuck = new PassThrough({ highWaterMark: 1024, transform() {} });
  web.core.openStream = () => stuck;
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  for (let count = 0; count < 512; count += 1) console.send(Buffer.alloc(64 * 1024));
  let before = -1;
  await expect
    .poll(() => {
      const isStill = console.bufferedAmount === before;
      before = console.bufferedAmount;
      return isStill;
    })
    .toBe(true);
  expect(console.bufferedAmount).toBeGreaterThan(8 * 1024 * 1024);
  expect(stuck.writableLength).toBeLessThan(1024 * 1024);
});

test.each(['/rpc', '/console?ticket=ticket-1'])('a message over a mebibyte ends %s', async (path) => {
  web.core.issueTicket();
  const socket = web.connect(path);
  await once(socket, 'open');
  socket.send(Buffer.alloc(1024 * 1024 + 1));
  expect(await ended(socket)).toMatchObject({ code: 1009 });
  expect((await web.get('/', { headers: { cookie: web.cookie } })).status).toBe(200);
});

test('text on a console ends it', async () => {
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  console.send('hello');
  expect(await ended(console)).toMatchObject({ code: 1003 });
});

test('garbage on /rpc does not disturb the others', async () => {
  const good = rpcClient(web.connect('/rpc'));
  await good.machine.list({});
  const bad = web.connect('/rpc');
  await once(bad, 'open');
  for (const garbage of ['', '{', '[]', 'null', '{"i":1}', '{"i":1,"p":{"u":"::"}}', '{"i":"1","t":9}']) bad.send(garbage);
  bad.send(Buffer.from([255, 0, 255]));
  await expect(rpcClient(bad).machine.list({})).resolves.toHaveLength(1);
  await expect(good.machine.list({})).resolves.toHaveLength(1);
});

test('a name that is no operation is refused', async () => {
  const link = new RPCLink({ websocket: web.connect('/rpc') as never });
  for (const path of [['machine', 'fly'], ['machine'], ['__proto__', 'toString'], ['machine', 'constructor'], []]) {
    await expect(link.call(path, {}, { context: {} })).rejects.toMatchObject({ status: 404 });
  }
});

test('the sixty-fifth WebSocket is refused in words', async () => {
  const sockets = Array.from({ length: 64 }, () => web.connect('/rpc'));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  expect(await ended(web.connect('/rpc'))).toEqual({ status: 503 });
  sockets[0]?.close();
  await ended(sockets[0] as WebSocket);
  await once(web.connect('/rpc'), 'open');
});

test('a thousand connections that say nothing leave the server answering', async () => {
  const idle = Array.from({ length: 1000 }, () => connectTcp(web.server.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(idle.map((socket) => Promise.race([once(socket, 'close'), once(socket, 'connect')]).catch(() => {})));
  for (const socket of idle) socket.destroy();
  await expect
    .poll(() =>
      web.get('/', { headers: { cookie: web.cookie } }).then(
        (answer) => answer.status,
        () => 0,
      ),
    )
    .toBe(200);
});

test('closing the server ends consoles and streams', async () => {
  const stream = new PassThrough();
  web.core.openStream = () => stream;
  const rpc = web.connect('/rpc');
  const events = await rpcClient(rpc).watch.all({});
  await events.next();
  const console = web.connect(`/console?ticket=${web.core.issueTicket()}`);
  await once(console, 'open');
  const ends = Promise.all([ended(rpc), ended(console), once(stream, 'close')]);
  await web.server.close();
  await ends;
  await expect.poll(() => web.core.watchers.size).toBe(0);
});

function rpcClient(socket: WebSocket): ContractRouterClient<RouterContract> {
  return createORPCClient(new RPCLink({ websocket: socket as never }));
}
