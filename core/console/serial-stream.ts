import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { type FileFollower, followFile } from './follow-file.ts';

/** How much of what the line printed lately a new reader gets. */
const historyBytes = 64 * 1024;
/** A writer keeps QEMU's socket this long after its last byte; others wait for their turn meanwhile. */
const idleMs = 150;
/** How long a written byte may wait for a machine that is off, or for other writers. */
const patienceMs = 2000;

/**
 * A serial line as a stream that any number of faces can have at once. QEMU's socket serves one client, so reading follows
 * the log that QEMU writes itself, and writing takes the socket for a moment. It goes on across restarts of the machine;
 * what is typed while the machine is off is dropped, as on a real line.
 */
export function openSerialStream(folder: string, runtimeFolder: string): Duplex {
  let follower: FileFollower | undefined;
  let hasEnded = false;
  const writer = createWriter(join(runtimeFolder, runtimeFile.serial));
  const stream = new Duplex({
    // When the machine is gone both ways end, and the log is let go.
    allowHalfOpen: false,
    read: () => follower?.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      writer.write(chunk).then(
        () => done(),
        () => done(),
      );
    },
    destroy: (error, done) => {
      follower?.close();
      writer.close();
      done(error);
    },
  });
  follower = followFile(
    join(folder, machineFile.serialLog),
    historyBytes,
    (chunk) => {
      if (hasEnded || stream.destroyed) return;
      if (!stream.push(chunk)) follower?.pause();
    },
    () => {
      // The folder's end may be told more than once, and a look that is under way may still bring bytes.
      if (!hasEnded) stream.push(null);
      hasEnded = true;
      follower?.close();
    },
  );
  return stream;
}

function createWriter(path: string) {
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearTimeout(timer);
    socket?.destroy();
    socket = undefined;
  };
  /**
   * Lets the next writer have QEMU's socket. Only this end is closed: QEMU still reads what the guest has not taken yet, at
   * the guest's pace, and closes the other end after that. A full close would throw those bytes away.
   */
  const giveWay = (): void => {
    socket?.end();
    socket = undefined;
  };
  const getSocket = async (): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed) return socket;
    const deadline = performance.now() + patienceMs;
    for (;;) {
      try {
        socket = await connectTo(path);
        return socket;
      } catch (error) {
        // EAGAIN: other writers fill the backlog.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) throw error;
        await delay(5 + Math.random() * 10);
      }
    }
  };
  return {
    close,
    async write(chunk: Buffer): Promise<void> {
      clearTimeout(timer);
      const target = await getSocket();
      await new Promise<void>((resolve) => target.write(chunk, () => resolve()));
      clearTimeout(timer);
      timer = setTimeout(giveWay, idleMs);
      timer.unref();
    },
  };
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      // What the guest prints comes through the log; here it only has to be taken off the socket.
      socket.resume();
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}
