import { type Duplex, PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { consoleWindowBytes, type WindowBridge } from '../../../contract/window-bridge.ts';
import { bridgeConsole } from '../../../core/console/bridge.ts';
import { createPortEndpoint } from '../../../electron/main/port-endpoint.ts';
import type { ClientEnvironment } from '../../../renderer/client/client-environment.ts';
import { type ConsoleSocket, createConsoleSocket } from '../../../renderer/client/console-socket.ts';
import { openPortConsole } from '../../../renderer/client/port-transport.ts';
import { MessageChannelMain } from '../../fixtures/electron-stand-in/message-channel-main.mjs';

const mebibyte = 1024 * 1024;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('bytes go both ways unchanged and in order', async () => {
  const { socket, opened, received } = openConsole(new PassThrough());
  await opened;
  for (let value = 0; value < 100; value += 1) socket.send(new Uint8Array(1000).fill(value));
  await expect.poll(() => received.bytes).toBe(100_000);
  expect(received.chunks.every((chunk) => chunk.every((value) => value === chunk[0]))).toBe(true);
  expect(received.chunks.map((chunk) => chunk[0]).filter((value, index, all) => value !== all[index - 1])).toHaveLength(100);
});

test('the machine waits for a page that does not acknowledge, and all arrives once it does', async () => {
  const source = new PassThrough();
  let produced = 0;
  const produce = () => {
    while (produced < 32 * mebibyte) {
      produced += 65_536;
      if (!source.write(Buffer.alloc(65_536))) return void source.once('drain', produce);
    }
    source.end();
  };
  const page = openConsole(source, { isAcknowledging: false });
  await page.opened;
  produce();
  await expect.poll(() => page.received.bytes).toBeGreaterThanOrEqual(mebibyte);
  await settled(() => produced);
  expect(produced).toBeLessThan(2 * mebibyte);
  page.acknowledge();
  await page.closed;
  expect(page.received.bytes).toBe(32 * mebibyte);
});

test('the page waits for a machine that does not read', async () => {
  const stuck = new PassThrough({ highWaterMark: 1024, transform() {} });
  const { socket, opened } = openConsole(stuck);
  await opened;
  for (let count = 0; count < 256; count += 1) socket.send(new Uint8Array(65_536));
  await settled(() => stuck.writableLength);
  expect(stuck.writableLength).toBeLessThanOrEqual(consoleWindowBytes + 65_536);
  expect(socket.bufferedAmount).toBeGreaterThan(14 * mebibyte);
});

test.each(['text', 7, null, { acknowledged: 'many' }, { closed: 1 }])(
  'a page that sends %j loses its console',
  async (message) => {
    const stream = new PassThrough();
    const { opened, port } = openConsole(stream);
    await opened;
    port().postMessage(message);
    await expect.poll(() => stream.destroyed).toBe(true);
  },
);

test('acknowledging what was never sent does no harm', async () => {
  const { opened, port, socket, received } = openConsole(new PassThrough());
  await opened;
  port().postMessage({ acknowledged: 1_000_000 });
  socket.send(new Uint8Array([1]));
  await expect.poll(() => received.bytes).toBe(1);
});

test('the last words come before the end', async () => {
  const stream = new PassThrough();
  const { opened, closed, received, socket } = openConsole(stream);
  await opened;
  stream.end('last words');
  expect(await closed).toMatchObject({ code: 1000, reason: 'The machine closed this console.' });
  expect(Buffer.concat(received.chunks).toString()).toBe('last words');
  expect(socket.readyState).toBe(3);
});

test('a page that goes takes the stream with it', async () => {
  const stream = new PassThrough();
  const { opened, port } = openConsole(stream);
  await opened;
  port().close();
  await expect.poll(() => stream.destroyed).toBe(true);
});

/** A console from a stream to the page's end of a port; the page can be made to hold back its acknowledgements. */
function openConsole(stream: Duplex, { isAcknowledging = true } = {}) {
  const page = new EventTarget();
  const held: unknown[] = [];
  let pagePort: MessagePort | undefined;
  let isHolding = !isAcknowledging;
  const bridge: WindowBridge = {
    kind: 'electron',
    connect: async () => null,
    openConsole: async (_ticket, requestId) => {
      const { port1, port2 } = new MessageChannelMain();
      bridgeConsole(stream, createPortEndpoint(port1 as never));
      const port = port2.port as unknown as MessagePort;
      const postMessage = port.postMessage.bind(port);
      port.postMessage = (message: unknown) => (isHolding ? held.push(message) : postMessage(message));
      pagePort = port;
      ends.push(() => port.close());
      page.dispatchEvent(Object.assign(new Event('message'), { data: { bothyPort: requestId }, ports: [port], source: page }));
      return null;
    },
  };
  const environment = { bridge, portEvents: page } as unknown as ClientEnvironment;
  const socket: ConsoleSocket = createConsoleSocket((listener) => openPortConsole(bridge, environment, 'ticket', listener));
  const received = { bytes: 0, chunks: [] as Uint8Array[] };
  socket.onmessage = ({ data }) => {
    received.bytes += data.byteLength;
    received.chunks.push(new Uint8Array(data));
  };
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve();
  });
  const closed = new Promise((resolve) => {
    socket.onclose = resolve;
  });
  return {
    socket,
    received,
    opened,
    closed,
    port: () => pagePort as MessagePort,
    acknowledge: () => {
      isHolding = false;
      for (const message of held.splice(0)) pagePort?.postMessage(message);
    },
  };
}

/** Waits until a number is the same twice in a row. */
async function settled(read: () => number): Promise<void> {
  let last = Number.NaN;
  await expect
    .poll(() => {
      const isSame = read() === last;
      last = read();
      return isSame;
    })
    .toBe(true);
}
