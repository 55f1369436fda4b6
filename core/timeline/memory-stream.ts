import { createWriteStream, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A socket that QEMU sends memory to, and the file that takes it. */
export interface MemoryReceiver {
  /** The URI for QMP's `migrate`. */
  readonly uri: string;
  /** Resolves with the number of bytes once QEMU has closed its end and the file is on the disk; rejects when that failed. */
  readonly received: Promise<number>;
  /** Ends it; what was received so far stays in the file. */
  close(): void;
}

/**
 * Listens on a Unix socket and writes the one stream that comes into a new file. QEMU's `exec:` would be simpler, but its
 * sandbox kills QEMU for that, and `fd:` cannot be handed over from here.
 */
export async function receiveMemory(socketPath: string, file: string): Promise<MemoryReceiver> {
  rmSync(socketPath, { force: true });
  let connection: Socket | undefined;
  let fail: (error: Error) => void = () => {};
  const server: Server = createServer({ pauseOnConnect: true });
  const received = new Promise<number>((resolve, reject) => {
    fail = reject;
    server.once('connection', (socket) => {
      connection = socket;
      server.close();
      writeAll(socket, file).then(resolve, (error: Error) => {
        socket.destroy();
        reject(error);
      });
    });
    server.once('error', reject);
  });
  // Whoever waits for it is told; nobody else is to be surprised.
  received.catch(() => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  return {
    uri: `unix:${socketPath}`,
    received,
    close: () => {
      server.close();
      connection?.destroy();
      fail(new Error('the memory was not received to its end'));
      rmSync(socketPath, { force: true });
    },
  };
}

async function writeAll(socket: Socket, file: string): Promise<number> {
  const stream = createWriteStream(file, { flags: 'wx', mode: 0o600, highWaterMark: 4 * 1024 * 1024 });
  await pipeline(socket, stream);
  const handle = await open(file, 'r');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
