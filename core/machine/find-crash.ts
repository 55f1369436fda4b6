import { join } from 'node:path';
import { parseEvents, readEventTime, readTail } from '../qemu/event-log.ts';
import { readBootId } from '../qemu/qemu-process.ts';
import type { QmpEvent } from '../qemu/qmp-client.ts';
import { machineFile } from '../storage/file-names.ts';
import type { RunRecord } from './run-record.ts';

/** How a run that is over ended: null when QEMU said SHUTDOWN before it went, or the host itself restarted. */
export function findCrash(folder: string, run: RunRecord): RunRecord['crash'] {
  if (run.crash !== null) return run.crash;
  if (run.bootId !== readBootId()) return null;
  if (hasEndedWell(parseEvents(readTail(join(folder, machineFile.events))), run.startedAt)) return null;
  const lastWords = readTail(join(folder, machineFile.qemuLog), 4096).trim().split('\n').at(-1) ?? '';
  // A starter that was killed before it spawned QEMU: nothing ran, so nothing crashed.
  if (run.process === null && lastWords === '') return null;
  return {
    time: new Date().toISOString(),
    message: `QEMU ended unexpectedly${lastWords === '' ? '.' : `: ${lastWords}`}`,
    hint: `Start it again; QEMU's own log is ${join(folder, machineFile.qemuLog)}.`,
  };
}

/**
 * Whether a log's last run ended with SHUTDOWN. The log goes on from run to run, and in a run there may be a SHUTDOWN
 * that was not the end: a reboot resets the machine after it.
 */
export function hasEndedWell(events: readonly QmpEvent[], startedAt: string): boolean {
  const run = cutLastRun(events, Date.parse(startedAt));
  const goodbye = run.findLastIndex(({ event }) => event === 'SHUTDOWN');
  return goodbye !== -1 && !run.slice(goodbye).some(({ event }) => event === 'RESET' || event === 'RESUME');
}

/** By its own first entry, since the clock may be set meanwhile; by time where that entry could not be written. */
function cutLastRun(events: readonly QmpEvent[], startedAtMs: number): readonly QmpEvent[] {
  const first = events.findLastIndex(({ event }) => event === 'BOTHY_START');
  const entry = events[first];
  if (entry !== undefined && Math.abs(readEventTime(entry) - startedAtMs) < nearMs) return events.slice(first);
  return events.filter((event) => readEventTime(event) >= startedAtMs);
}

const nearMs = 5000;
