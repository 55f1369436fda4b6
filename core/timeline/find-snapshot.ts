import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { SnapshotRecord } from '../../contract/timeline.ts';

const maxNameLength = 80;
const maxNoteLength = 2000;

/** Finds a snapshot by name, id, or unambiguous prefix of its id, in that order. Throws `not-found` or `ambiguous-name`. */
export function getSnapshot(machine: MachineDefinition, reference: string): SnapshotRecord {
  const { snapshots } = machine.timeline;
  const exact = snapshots.find(({ name }) => name === reference) ?? snapshots.find(({ id }) => id === reference);
  if (exact !== undefined) return exact;
  const matches = snapshots.filter(({ id }) => reference !== '' && id.startsWith(reference));
  const [match] = matches;
  if (match === undefined) {
    throw new AppError('not-found', `“${machine.name}” has no snapshot “${reference}”.`, {
      hint: 'See `bothy snapshot list NAME` for those it has.',
    });
  }
  if (matches.length > 1) {
    throw new AppError(
      'ambiguous-name',
      `“${reference}” fits ${matches.length} snapshots: ${matches.map(({ id }) => id).join(', ')}.`,
      {
        hint: 'Use more of the id.',
      },
    );
  }
  return match;
}

/** Throws `invalid-input` or `name-taken`; `own` is the snapshot that may have the name already. */
export function checkSnapshotName(machine: MachineDefinition, name: string, own?: string): void {
  if (name.trim() !== name || name === '' || name.length > maxNameLength || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(name)) {
    throw new AppError('invalid-input', `${JSON.stringify(name.slice(0, maxNameLength))} cannot be a snapshot's name.`, {
      hint: `Use 1 to ${maxNameLength} visible characters, without a space at either end.`,
    });
  }
  if (!machine.timeline.snapshots.some((snapshot) => snapshot.name === name && snapshot.id !== own)) return;
  throw new AppError('name-taken', `“${machine.name}” already has a snapshot called “${name}”.`, {
    hint: 'Choose another name.',
  });
}

/** Throws `invalid-input`. */
export function checkSnapshotNote(note: string): void {
  if (note.length <= maxNoteLength && !/(?![\n\t])[\p{Cc}\p{Cs}]/u.test(note)) return;
  throw new AppError('invalid-input', 'The note is too long, or has characters that cannot be shown.', {
    hint: `Use at most ${maxNoteLength} visible characters.`,
  });
}

/** A name that is free: “Snapshot 1”, “Snapshot 2”, ... */
export function suggestSnapshotName(machine: MachineDefinition): string {
  const names = new Set(machine.timeline.snapshots.map(({ name }) => name));
  let number = machine.timeline.snapshots.length + 1;
  while (names.has(`Snapshot ${number}`)) number += 1;
  return `Snapshot ${number}`;
}
