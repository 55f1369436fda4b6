import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { type ObservedMachine, observeMachine } from '../machine/observe-machine.ts';
import { parseEvents, readEventTime, readTail } from '../qemu/event-log.ts';
import type { QmpEvent } from '../qemu/qmp-client.ts';
import { machineFile } from '../storage/file-names.ts';
import { markPath, readNote } from '../timeline/timeline-mark.ts';
import type { Doubt } from './explain-silence.ts';

/** Throws what became of a machine that was on when a command in it was begun; returns when it runs on. */
export async function requireStillOn(doubt: Doubt): Promise<void> {
  const { site, id, name } = doubt;
  const machine = await look(doubt);
  const end = explainEnd(doubt, machine);
  if (end !== null) throw end;
  // Whoever saves its memory stops it for moments, and lets it go on.
  if (machine?.state !== 'paused' || readNote(markPath(site.store, id)).isGuestStopped) return;
  throw new AppError('wrong-state', `“${name}” is paused, so its command does not go on.`, {
    hint: `Let it go on: bothy resume ${name}`,
  });
}

/** Why a machine is not on any more, or will never do anything again; null while it is, also paused. */
export async function findEnd(doubt: Doubt): Promise<AppError | null> {
  return explainEnd(doubt, await look(doubt));
}

/** Whether QEMU reset the machine since `begin`, in ms since 1970, as a guest that reboots has it do (RESET in qapi/run-state.json). */
export function hasRestarted({ site, id }: Doubt, begin: number): boolean {
  return readEvents(site.store.folderOf(id)).some((event) => event.event === 'RESET' && readEventTime(event) >= begin);
}

function readEvents(folder: string): QmpEvent[] {
  return parseEvents(readTail(join(folder, machineFile.events)));
}

async function look({ site, id }: Doubt): Promise<ObservedMachine | undefined> {
  const stored = site.store.find(id);
  return stored === undefined ? undefined : observeMachine(site.store, site.locks, stored);
}

function explainEnd({ name, expiresAt }: Doubt, machine: ObservedMachine | undefined): AppError | null {
  const state = machine?.state ?? 'off';
  if (state === 'suspended') return new AppError('wrong-state', `“${name}” was suspended before its command had ended.`);
  if (state !== 'off' && state !== 'crashed') return null;
  if (machine?.process === undefined && expiresAt !== null && Date.parse(expiresAt) <= Date.now())
    return new AppError('wrong-state', `The time of “${name}” was over, so it ended while its command ran.`);
  if (machine === undefined)
    return new AppError('wrong-state', `“${name}” is gone: it went off, or was thrown away, while its command ran.`);
  if (state === 'crashed') return explainCrash(machine);
  const goodbye = readEvents(machine.stored.folder).findLast(({ event }) => event === 'SHUTDOWN');
  return goodbye?.data?.['guest'] === true
    ? new AppError('wrong-state', `The guest of “${name}” turned itself off before its command had ended.`)
    : new AppError('wrong-state', `“${name}” was turned off before its command had ended.`);
}

/** A throwaway is not there any more when somebody reads what to do with it. */
function explainCrash({ stored, problems: [problem] }: ObservedMachine): AppError {
  const hint = stored.definition?.throwaway == null ? problem?.hint : undefined;
  return new AppError('qemu-failed', `“${stored.name}” crashed while its command ran: ${problem?.message ?? 'QEMU ended.'}`, {
    hint,
  });
}
