import { closeSync, type FSWatcher, fstatSync, openSync, readSync, watch } from 'node:fs';
import { parseEvents, readEventTime } from '../qemu/event-log.ts';
import type { QmpEvent } from '../qemu/qmp-client.ts';

/** Follows an event log. */
export interface EventFollower {
  /** The events added since the last call. */
  take(): QmpEvent[];
  close(): void;
}

const maxBytesAtOnce = 1024 * 1024;

/** Follows the event log of a running machine from the first event not before `sinceMs` (Unix time); `onGrowth` may call `take`. */
export function followEvents(path: string, sinceMs: number, onGrowth: () => void): EventFollower {
  let offset = 0;
  let rest = Buffer.alloc(0);
  let watcher: FSWatcher | undefined;
  const take = (): QmpEvent[] => {
    const lines: string[] = [];
    for (;;) {
      const chunk = readFrom(path, offset);
      if (chunk.length === 0) break;
      offset += chunk.length;
      const bytes = Buffer.concat([rest, chunk]);
      const end = bytes.lastIndexOf(10) + 1;
      lines.push(bytes.toString('utf8', 0, end));
      rest = bytes.subarray(end);
    }
    return parseEvents(lines.join('')).filter((event) => readEventTime(event) >= sinceMs);
  };
  try {
    watcher = watch(path, onGrowth);
    watcher.on('error', () => watcher?.close());
  } catch {
    // The file is not there yet, or inotify is used up: the watcher's liveness round takes what comes.
  }
  return { take, close: () => watcher?.close() };
}

function readFrom(path: string, offset: number): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(maxBytesAtOnce, Math.max(0, size - offset)));
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, offset));
  } finally {
    closeSync(file);
  }
}
