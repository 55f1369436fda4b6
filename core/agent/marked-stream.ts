import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

/** An output of a guest's command, cut out of what a channel carries. */
export interface MarkedStream {
  readonly stream: Readable;
  /** Resolves with the first mark; never rejects. */
  readonly begun: Promise<void>;
  /** The exit code behind the last mark; undefined when the channel ended before. */
  readonly ended: Promise<number | undefined>;
  /** Whether there may be more on its way: its reader holds it up, or something came a moment ago. */
  isFlowing(): boolean;
  /** Gives no more. */
  close(): void;
}

/**
 * Gives the bytes between two marks, whatever they are. Before the first may be what an earlier command left in the channel. The socket is
 * read only as fast as the stream is, so that the guest waits instead of memory growing here.
 */
export function readBetweenMarks(socket: Socket, marks: { readonly begin: string; readonly end: string }): MarkedStream {
  const begin = Buffer.from(marks.begin, 'latin1');
  const end = Buffer.from(marks.end, 'latin1');
  let state: 'before' | 'inside' | 'after' = 'before';
  let rest: Buffer = Buffer.alloc(0);
  let lastAt = -Infinity;
  let announceBegin: () => void = () => {};
  let announceEnd: (code: number | undefined) => void = () => {};
  const begun = new Promise<void>((resolve) => {
    announceBegin = resolve;
  });
  const ended = new Promise<number | undefined>((resolve) => {
    announceEnd = resolve;
  });
  const stream = new Readable({
    read: () => void socket.resume(),
    destroy: (error, done) => {
      // What nobody wants any more is read all the same: the command would wait for it.
      socket.resume();
      done(error);
    },
  });
  const give = (bytes: Buffer): void => {
    if (bytes.length > 0 && !stream.destroyed && !stream.push(bytes)) socket.pause();
  };
  const finish = (code: number | undefined): void => {
    if (state === 'after') return;
    state = 'after';
    if (!stream.destroyed) stream.push(null);
    announceEnd(code);
  };

  socket.on('data', (chunk: Buffer) => {
    if (state === 'after') return;
    lastAt = performance.now();
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    if (state === 'before') {
      const at = bytes.indexOf(begin);
      if (at === -1) {
        rest = bytes.subarray(bytes.length - findPartOfMark(bytes, begin));
        return;
      }
      state = 'inside';
      announceBegin();
      bytes = bytes.subarray(at + begin.length);
    }
    const at = bytes.indexOf(end);
    if (at === -1) {
      const held = findPartOfMark(bytes, end);
      give(bytes.subarray(0, bytes.length - held));
      rest = bytes.subarray(bytes.length - held);
      return;
    }
    const closing = bytes.indexOf(separator, at + end.length);
    give(bytes.subarray(0, at));
    const code = bytes.toString('latin1', at + end.length, closing === -1 ? at + end.length + 4 : closing);
    // A guest may print what it likes; what is no exit code is none.
    if (!/^[0-9]{0,3}$/.test(code)) finish(undefined);
    else if (closing === -1) rest = bytes.subarray(at);
    else finish(code === '' ? undefined : Number(code));
  });
  // A socket that may be half open is not closed by the other end alone.
  socket.on('end', () => finish(undefined));
  socket.on('close', () => finish(undefined));
  socket.on('error', () => socket.destroy());
  const isFlowing = (): boolean => state !== 'after' && (socket.isPaused() || performance.now() - lastAt < quietMs);
  return { stream, begun, ended, isFlowing, close: () => finish(undefined) };
}

/** What is in a channel comes at once when it is read. */
const quietMs = 1000;

const separator = 0x1e;

/** How many bytes at the end may be the beginning of a mark. */
function findPartOfMark(bytes: Buffer, mark: Buffer): number {
  for (let start = Math.max(0, bytes.length - mark.length + 1); start < bytes.length; start += 1) {
    start = bytes.indexOf(separator, start);
    if (start === -1) return 0;
    if (mark.subarray(0, bytes.length - start).equals(bytes.subarray(start))) return bytes.length - start;
  }
  return 0;
}
