import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { MachineState } from '../../contract/machine.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { getById, getMachine } from './find-machine.ts';
import type { StoredMachine } from './machine-store.ts';
import { type ObservedMachine, observeMachine } from './observe-machine.ts';
import { writeRunRecord } from './run-record.ts';
import type { Site } from './site.ts';

/**
 * Makes one change to a machine: under its lock, with its state as it is once the lock is held. A template is changed only by
 * who found it as one.
 */
export async function changeMachine<T>(
  site: Site,
  reference: string | StoredMachine,
  operation: string,
  signal: AbortSignal | undefined,
  act: (machine: ObservedMachine) => Promise<T>,
): Promise<T> {
  const { id, name } = typeof reference === 'string' ? getMachine(site.store, reference) : reference;
  const lock = await site.locks.acquire(id, operation, { subject: `“${name}”`, signal });
  try {
    return await act(await observeSettled(site, id));
  } catch (error) {
    throw explainFileError(error, `“${name}” was not changed (${operation})`);
  } finally {
    await lock.release();
  }
}

/**
 * The machine as it is under the lock. Its starter is dead if it seems to be starting: what that spawned is waited for, and
 * a QEMU that lives is taken over by completing its record.
 */
async function observeSettled(site: Site, id: string): Promise<ObservedMachine> {
  for (;;) {
    const machine = await observeMachine(site.store, 'held', getById(site.store, id));
    if (machine.state === 'starting' && machine.process === undefined) {
      await delay(lookMs);
      continue;
    }
    if (machine.run === undefined || machine.run.process !== null || machine.process === undefined) return machine;
    const run = { ...machine.run, process: machine.process };
    writeRunRecord(machine.stored.folder, run);
    return { ...machine, run };
  }
}

const lookMs = 50;

/** Throws `wrong-state` unless the machine is in one of the states. */
export function requireState(machine: ObservedMachine, states: readonly MachineState[], wish: string): void {
  if (states.includes(machine.state)) return;
  throw new AppError('wrong-state', `“${machine.stored.name}” cannot be ${wish}: it is ${machine.state}.`, {
    hint: hints[machine.state],
  });
}

const hints: Record<MachineState, string> = {
  off: 'Start it first: `bothy start NAME`.',
  starting: 'Wait until it runs: `bothy wait NAME --for running`.',
  running: 'Shut it down first: `bothy shutdown NAME`, or `bothy kill NAME`.',
  paused: 'Resume it (`bothy resume NAME`) or force it off (`bothy kill NAME`).',
  suspended: 'Start it to bring it back.',
  crashed: 'Force it off if its QEMU is still there (`bothy kill NAME`), then start it again.',
  broken: '`bothy info NAME` tells what is wrong with it.',
};
