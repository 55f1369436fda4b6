import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { QmpEvent } from './qmp-client.ts';

/** How much of a log's end is read when only its last entries matter. */
const tailBytes = 256 * 1024;

/** The last bytes of a text file, from the beginning of a line; empty when there is no file. */
export function readTail(path: string, maxBytes = tailBytes): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, maxBytes);
    const buffer = Buffer.alloc(length);
    const count = readSync(file, buffer, 0, length, size - length);
    const text = buffer.toString('utf8', 0, count);
    return length < size ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(file);
  }
}

/** The events QEMU wrote to its log, oldest first; replies and half lines are passed over. */
export function parseEvents(text: string): QmpEvent[] {
  return text.split('\n').flatMap((line) => {
    if (!line.includes('"event"')) return [];
    try {
      const value: unknown = JSON.parse(line);
      return isEvent(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

/** The event's time in ms since 1970, by the host's clock. */
export function readEventTime({ timestamp }: QmpEvent): number {
  return timestamp.seconds * 1000 + timestamp.microseconds / 1000;
}

/** The same as ISO 8601. */
export function formatEventTime(event: QmpEvent): string {
  return new Date(readEventTime(event)).toISOString();
}

function isEvent(value: unknown): value is QmpEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { event, timestamp } = value as { event?: unknown; timestamp?: { seconds?: unknown; microseconds?: unknown } };
  return typeof event === 'string' && typeof timestamp?.seconds === 'number' && typeof timestamp.microseconds === 'number';
}
