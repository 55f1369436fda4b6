import { AppError } from '../../contract/app-error.ts';
import type { MachineState } from '../../contract/machine.ts';
import { getMachine } from './find-machine.ts';
import { type ObservedMachine, observeMachine } from './observe-machine.ts';
import type { Site } from './site.ts';

/** Makes one change to a machine: under its lock, with its state as it is once the lock is held. */
export async function changeMachine<T>(
  site: Site,
  reference: string,
  operation: string,
  signal: AbortSignal | undefined,
  act: (machine: ObservedMachine) => Promise<T>,
): Promise<T> {
  const { id, name } = getMachine(site.store, reference);
  const lock = await site.locks.acquire(id, operation, { subject: `“${name}”`, signal });
  try {
    const stored = getMachine(site.store, id);
    return await act(await observeMachine(site.store, site.locks, stored));
  } finally {
    await lock.release();
  }
}

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
