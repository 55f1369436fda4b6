import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { MachineStore, StoredMachine } from './machine-store.ts';

/** Finds a machine by name, id, or unambiguous prefix of its id, in that order. Throws `not-found` or `ambiguous-name`. */
export function getMachine(store: MachineStore, reference: string): StoredMachine {
  const byId = store.find(reference);
  if (byId !== undefined) return byId;
  const machines = store.list();
  const named = machines.filter((machine) => machine.name === reference);
  const matches = named.length > 0 ? named : machines.filter((machine) => reference !== '' && machine.id.startsWith(reference));
  const [match] = matches;
  if (match === undefined) {
    throw new AppError('not-found', `There is no machine “${reference}”.`, {
      hint: 'See `bothy list` for the machines there are.',
    });
  }
  if (matches.length > 1) {
    throw new AppError(
      'ambiguous-name',
      `“${reference}” fits ${matches.length} machines: ${matches.map(({ id }) => id).join(', ')}.`,
      {
        hint: 'Use more of the id.',
      },
    );
  }
  return match;
}

/** The definition of a machine that must be whole. Throws `machine-broken`. */
export function getDefinition(machine: StoredMachine): MachineDefinition {
  if (machine.definition !== null) return machine.definition;
  throw new AppError('machine-broken', `Machine “${machine.name}” is broken: ${machine.problem}`, {
    hint: `Mend or restore the file; the machine's disks are still in ${machine.folder}.`,
  });
}
