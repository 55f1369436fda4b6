import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { TemplateRecord } from '../../contract/template.ts';
import type { MachineStore, StoredMachine } from './machine-store.ts';

/** Whether something stored is a template; a broken one counts as a machine, so that it is seen. */
export function isTemplate({ definition }: StoredMachine): boolean {
  return definition !== null && definition.template !== null;
}

/** Whether it waits for somebody to want it (core/spare): nobody's machine until then. */
export function isSpare(stored: StoredMachine | undefined): boolean {
  return stored?.definition?.throwaway?.spareOf !== undefined;
}

/** Finds a machine by name, id, or unambiguous prefix of its id, in that order. Throws `not-found` or `ambiguous-name`. */
export function getMachine(store: MachineStore, reference: string): StoredMachine {
  const found = getStored(store, reference, 'machine', isTemplate);
  if (isSpare(found)) throw buildUnknown('machine', reference);
  if (!isTemplate(found)) return found;
  throw new AppError('wrong-state', `“${found.name}” is a template, not a machine.`, {
    hint: `Run a throwaway machine of it: \`bothy run ${found.name}\`, or make a machine: \`bothy create NEW --from ${found.name}\`.`,
  });
}

/** Whatever has this id, a machine or a template. */
export function getById(store: MachineStore, id: string): StoredMachine {
  const stored = store.find(id);
  return stored ?? getMachine(store, id);
}

/** The same for a template. A machine of that name is no template. */
export function getTemplate(store: MachineStore, reference: string): StoredMachine & { definition: TemplateDefinition } {
  const found = getStored(store, reference, 'template', (stored) => !isTemplate(stored));
  const { definition } = found;
  if (definition !== null && definition.template !== null)
    return { ...found, problem: null, definition: { ...definition, template: definition.template } };
  if (definition === null) throw buildBroken(found);
  throw new AppError('wrong-state', `“${found.name}” is a machine, not a template.`, {
    hint: `Make a template of it: \`bothy template create ${found.name} NAME\`.`,
  });
}

/** The definition of what is a template. */
export type TemplateDefinition = MachineDefinition & { readonly template: TemplateRecord };

/** A machine or a template; what is `other` is found only by its whole id or name, to say that it is none, and a spare not at all. */
function getStored(
  store: MachineStore,
  reference: string,
  what: 'machine' | 'template',
  isOther: (stored: StoredMachine) => boolean,
): StoredMachine {
  const byId = store.find(reference);
  if (byId !== undefined) return byId;
  const named = store.listMentioning(JSON.stringify(reference)).filter((stored) => stored.name === reference && !isSpare(stored));
  const matches = named.length > 0 ? named : findByIdStart(store, reference, isOther);
  const [match] = matches;
  if (match === undefined) throw buildUnknown(what, reference);
  if (matches.length > 1) {
    throw new AppError(
      'ambiguous-name',
      `“${reference}” fits ${matches.length} ${what}s: ${matches.map(({ id }) => id).join(', ')}.`,
      {
        hint: 'Use more of the id.',
      },
    );
  }
  return match;
}

function findByIdStart(store: MachineStore, start: string, isOther: (stored: StoredMachine) => boolean): StoredMachine[] {
  const ids = start === '' ? [] : store.listIds().filter((id) => id.startsWith(start));
  return ids.flatMap((id) => store.find(id) ?? []).filter((stored) => !isSpare(stored) && !isOther(stored));
}

function buildUnknown(what: 'machine' | 'template', reference: string): AppError {
  return new AppError('not-found', `There is no ${what} “${reference}”.`, {
    hint: `See \`bothy ${what === 'machine' ? 'list' : 'template list'}\` for the ${what}s there are.`,
  });
}

/** The definition of a machine that must be whole. Throws `machine-broken`. */
export function getDefinition(machine: StoredMachine): MachineDefinition {
  if (machine.definition !== null) return machine.definition;
  throw buildBroken(machine);
}

function buildBroken({ name, problem, folder }: StoredMachine): AppError {
  return new AppError('machine-broken', `Machine “${name}” is broken: ${problem}`, {
    hint: `Mend or restore the file; the machine's disks are still in ${folder}.`,
  });
}
