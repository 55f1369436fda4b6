import { once } from 'node:events';
import { connect } from 'node:net';
import { createCore } from '../../core/create-core.ts';
import { getLinuxGuest } from '../guests/index.ts';
import type { TestHome } from '../kit/test-home.ts';
import { openWebFace, type WebFace } from '../kit/web-face.ts';
import { median, report } from './measure.ts';

const secondsPerRun = 3;
const rounds = 7;

/** What a VNC client needs of its transport. */
interface Wire {
  send(bytes: Buffer): void;
  onBytes(listener: (chunk: Buffer) => void): void;
  close(): void;
}

/**
 * Bytes a second of the screen through the web mode's bridge against a client on QEMU's own socket: both ask for the whole
 * picture in raw encoding again and again (RFC 6143, 7.5.3), in turns.
 */
export async function benchConsole(home: TestHome): Promise<void> {
  const core = createCore({ environment: home.environment });
  const { kernel, initrd, append } = await getLinuxGuest();
  const settings = { memoryMiB: 512, cpus: 1, accelerator: 'tcg', source: { type: 'kernel', kernel, initrd, append } } as const;
  await core.handlers.machine.create({ name: 'screen', ...settings, start: true }, {});
  await core.handlers.machine.wait({ machine: 'screen', for: 'serial:bothy-guest-ready', timeoutSeconds: 120 }, {});
  const serial = await core.consoles.open('screen', 'serial');
  // QEMU only sends what changed, and slows down when nothing does: the guest repaints its whole screen without end.
  serial.write(
    'for c in a b; do head -c 4096000 /dev/zero | tr "\\000" $c > /$c; done; while :; do cat /a > /dev/fb0; cat /b > /dev/fb0; done\n',
  );
  serial.resume();
  const { display } = await core.handlers.machine.info({ machine: 'screen' }, {});
  const face = await openWebFace(home.environment);
  const raw: number[] = [];
  const bridged: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    raw.push(await measureThroughput(await openRaw(display?.path ?? '')));
    bridged.push(await measureThroughput(await openBridged(face)));
  }
  await face.close();
  serial.destroy();
  await core.handlers.machine.kill({ machine: 'screen' }, {});
  await core.handlers.machine.delete({ machine: 'screen' }, {});
  await core.close();
  const mib = (value: number): string => `${(value / 1024 / 1024).toFixed(0)} MiB/s`;
  report(
    'console through the bridge / raw client on the socket',
    median(bridged) / median(raw),
    'at least 0.9',
    `(${mib(median(bridged))}, ${mib(median(raw))})`,
  );
}

async function openRaw(path: string): Promise<Wire> {
  const socket = connect(path);
  await once(socket, 'connect');
  return {
    send: (bytes) => socket.write(bytes),
    onBytes: (listener) => socket.on('data', listener),
    close: () => socket.destroy(),
  };
}

async function openBridged(face: WebFace): Promise<Wire> {
  const { ticket } = await face.client.call.console.ticket({ machine: 'screen', kind: 'vnc' });
  const socket = face.connect(`/console?ticket=${ticket}`);
  const early: Buffer[] = [];
  let listener: (chunk: Buffer) => void = (chunk) => early.push(chunk);
  socket.on('message', (data: Buffer) => listener(data));
  await once(socket, 'open');
  return {
    send: (bytes) => socket.send(bytes),
    onBytes: (next) => {
      listener = next;
      for (const chunk of early) next(chunk);
    },
    close: () => socket.terminate(),
  };
}

/** Speaks just enough RFB 3.8: no security, shared, raw encoding, then whole pictures, two requests ahead. */
function measureThroughput(wire: Wire): Promise<number> {
  return new Promise((resolve) => {
    let stage: 'version' | 'security' | 'result' | 'init' | 'pictures' = 'version';
    let held: Buffer = Buffer.alloc(0);
    let pictureBytes = 0;
    let inPicture = 0;
    let total = 0;
    let begin = 0;
    const take = (count: number): Buffer | undefined => {
      if (held.length < count) return undefined;
      const bytes = held.subarray(0, count);
      held = held.subarray(count);
      return bytes;
    };
    const request = Buffer.alloc(10);
    const step = (): boolean => {
      if (stage === 'version') {
        if (take(12) === undefined) return false;
        wire.send(Buffer.from('RFB 003.008\n'));
        stage = 'security';
        return true;
      }
      if (stage === 'security') {
        if (take(2) === undefined) return false;
        wire.send(Buffer.from([1]));
        stage = 'result';
        return true;
      }
      if (stage === 'result') {
        if (take(4) === undefined) return false;
        wire.send(Buffer.from([1]));
        stage = 'init';
        return true;
      }
      const head = held.length >= 24 ? held.readUInt32BE(20) : Number.POSITIVE_INFINITY;
      const init = take(24 + head);
      if (init === undefined) return false;
      pictureBytes = 4 + 12 + init.readUInt16BE(0) * init.readUInt16BE(2) * 4;
      request.writeUInt8(3, 0);
      request.writeUInt16BE(init.readUInt16BE(0), 6);
      request.writeUInt16BE(init.readUInt16BE(2), 8);
      wire.send(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
      wire.send(request);
      wire.send(request);
      stage = 'pictures';
      begin = performance.now();
      onPictures(held.length);
      return false;
    };
    const onPictures = (count: number): void => {
      total += count;
      inPicture += count;
      while (inPicture >= pictureBytes) {
        inPicture -= pictureBytes;
        wire.send(request);
      }
      const seconds = (performance.now() - begin) / 1000;
      if (seconds < secondsPerRun) return;
      wire.close();
      stage = 'version';
      resolve(total / seconds);
    };
    wire.onBytes((chunk) => {
      if (stage === 'pictures') {
        onPictures(chunk.length);
        return;
      }
      held = Buffer.concat([held, chunk]);
      let isMore = true;
      while (isMore) isMore = step();
    });
  });
}
