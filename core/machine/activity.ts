import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActivityEntry } from '../../contract/machine.ts';
import { formatEventTime, parseEvents, readTail } from '../qemu/event-log.ts';
import type { QmpEvent } from '../qemu/qmp-client.ts';
import { machineFile } from '../storage/file-names.ts';

/** Bothy's own entries in the event log carry this prefix; QEMU's names never do. */
const ownPrefix = 'BOTHY_';

/** What happened to a machine lately, oldest first, and the end of QEMU's own log. */
export function readActivity(folder: string, limit: number): { entries: ActivityEntry[]; log: string } {
  const previous = readTail(join(folder, machineFile.events.replace('.jsonl', '.previous.jsonl')));
  const entries = parseEvents(previous + readTail(join(folder, machineFile.events))).flatMap(
    (event) => describeEvent(event) ?? [],
  );
  return { entries: entries.slice(-limit), log: readTail(join(folder, machineFile.qemuLog), 64 * 1024) };
}

/** Adds an entry of Bothy's own to a machine's event log, in the form of QEMU's. What is not logged (full disk) is still done. */
export function recordActivity(folder: string, event: string, text: string): void {
  const now = Date.now();
  const entry: QmpEvent = {
    timestamp: { seconds: Math.floor(now / 1000), microseconds: (now % 1000) * 1000 },
    event: `${ownPrefix}${event}`,
    data: { text },
  };
  try {
    appendFileSync(join(folder, machineFile.events), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  } catch {
    // The log is for people; the operation it tells of has happened.
  }
}

/** An event in words; undefined for those that tell a person nothing (a console that connected, a clock that was set). */
export function describeEvent(event: QmpEvent): ActivityEntry | undefined {
  const text = event.event.startsWith(ownPrefix) ? String(event.data?.['text'] ?? '') : explain(event);
  return text === undefined ? undefined : { time: formatEventTime(event), event: event.event.replace(ownPrefix, ''), text };
}

/** The events of qapi/*.json that mean something to the machine's owner. */
function explain({ event, data = {} }: QmpEvent): string | undefined {
  const text = (key: string): string => String(data[key] ?? '');
  switch (event) {
    case 'RESUME':
      return 'Running';
    case 'STOP':
      return 'Stopped';
    case 'RESET':
      return data['guest'] === true ? 'The guest restarted itself' : 'Reset';
    case 'POWERDOWN':
      return 'Power button pressed';
    case 'SHUTDOWN':
      return explainShutdown(text('reason'));
    case 'SUSPEND':
      return 'The guest went to sleep';
    case 'WAKEUP':
      return 'Woken up';
    case 'GUEST_PANICKED':
      return 'The guest’s kernel panicked';
    case 'WATCHDOG':
      return `The guest’s watchdog ran out (${text('action')})`;
    case 'BLOCK_IO_ERROR':
      return data['nospace'] === true
        ? `The host’s disk is full; ${text('device')} could not be written`
        : `Input/output error on ${text('device')}: ${text('reason')}`;
    case 'BLOCK_IMAGE_CORRUPTED':
      return `The image of ${text('device') || text('node-name')} is damaged: ${text('msg')}`;
    case 'DEVICE_TRAY_MOVED':
      return data['tray-open'] === true ? 'CD drive opened' : 'CD drive closed';
    case 'DEVICE_DELETED':
      return data['device'] === undefined ? undefined : `Device ${text('device')} removed`;
    case 'MEMORY_FAILURE':
      return 'The host reported a memory failure';
    default:
      return undefined;
  }
}

function explainShutdown(reason: string): string {
  switch (reason) {
    case 'guest-shutdown':
      return 'The guest shut down';
    case 'host-qmp-quit':
      return 'Forced off';
    case 'host-signal':
      return 'Ended by a signal';
    case 'guest-panic':
      return 'Ended after a kernel panic';
    default:
      return `Ended (${reason})`;
  }
}
