import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import type { MachineStore, StoredMachine } from '../machine/machine-store.ts';
import { keptFolder, machineFile } from '../storage/file-names.ts';
import type { Homes } from '../storage/homes.ts';

/** Where an image is, by which it is known who may change it and under which lock. `file` is an absolute path. */
export type ImagePlace =
  | { readonly kind: 'machine'; readonly file: string; readonly machine: StoredMachine }
  | { readonly kind: 'kept'; readonly file: string }
  | { readonly kind: 'outside'; readonly file: string };

/**
 * Finds what an image reference names: an absolute path, or `MACHINE:DISK`. A path that leads to a file of a machine over
 * links is that file. Throws `invalid-input`, `not-found`, `ambiguous-name`, `machine-broken`; whether the file exists is left open.
 */
export function resolveImage(store: MachineStore, reference: string): ImagePlace {
  if (reference.includes('\0')) throw buildReferenceError(reference);
  if (reference.startsWith('/')) return placePath(store, resolve(reference));
  const match = /^([^/:]+):([^/:]+)$/.exec(reference);
  if (match === null) throw buildReferenceError(reference);
  const machine = getMachine(store, match[1] ?? '');
  const { disks } = getDefinition(machine);
  const disk = disks.find(({ id }) => id === match[2]);
  if (disk === undefined) {
    throw new AppError('not-found', `Machine “${machine.name}” has no disk “${match[2]}”.`, {
      hint: disks.length === 0 ? 'It has no disks at all.' : `Its disks: ${disks.map(({ id }) => id).join(', ')}.`,
    });
  }
  return { kind: 'machine', file: join(machine.folder, disk.file), machine };
}

/** Refuses a place for a new image that is Bothy's own: there it would be nobody's. */
export function checkTargetPlace(store: MachineStore, file: string): void {
  const isInside = [store.homes.machines, store.homes.runtime, join(store.homes.data, keptFolder)].some(
    (folder) => findInside(folder, file) !== undefined || findInside(followLinks(folder), followLinks(file)) !== undefined,
  );
  if (!isInside && findLinked(store, file) === undefined) return;
  throw new AppError('invalid-input', `${file} is a place of Bothy's own.`, { hint: 'Choose a file elsewhere.' });
}

function placePath(store: MachineStore, path: string): ImagePlace {
  for (const [machines, kept, file] of listViews(store.homes, path)) {
    const [id, ...rest] = findInside(machines, file)?.split(sep) ?? [];
    if (id !== undefined) return placeInMachine(store, id, rest);
    const inside = findInside(kept, file);
    if (inside !== undefined) return { kind: 'kept', file: join(store.homes.data, keptFolder, inside) };
  }
  return findLinked(store, path) ?? { kind: 'outside', file: path };
}

/** The folders and the path as they are written, and with all links followed. */
function listViews(homes: Homes, path: string): [machines: string, kept: string, file: string][] {
  const kept = join(homes.data, keptFolder);
  return [
    [homes.machines, kept, path],
    [followLinks(homes.machines), followLinks(kept), followLinks(path)],
  ];
}

function placeInMachine(store: MachineStore, id: string, rest: readonly string[]): ImagePlace {
  const machine = store.find(id);
  const file = join(store.folderOf(id), ...rest);
  if (machine === undefined) {
    throw new AppError('invalid-input', `${file} is a file of Bothy's own.`, { hint: '`bothy image list` lists the images.' });
  }
  if (rest[0] !== machineFile.disks || rest.length < 2) {
    throw new AppError('invalid-input', `${file} is a file of machine “${machine.name}”, and none of its disks.`, {
      hint: '`bothy image list` lists the images.',
    });
  }
  return { kind: 'machine', file, machine };
}

/** A machine's disk may be a link to this very file, or a second name of it. */
function findLinked(store: MachineStore, path: string): ImagePlace | undefined {
  const wanted = statOrNone(path);
  if (wanted === undefined) return undefined;
  for (const id of store.listIds()) {
    const folder = join(store.folderOf(id), machineFile.disks);
    for (const name of listNames(folder)) {
      const status = statOrNone(join(folder, name));
      if (status?.ino === wanted.ino && status.dev === wanted.dev) return placeInMachine(store, id, [machineFile.disks, name]);
    }
  }
  return undefined;
}

/** The path with all links followed, as far as it exists. */
function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(followLinks(dirname(path)), basename(path));
  }
}

function findInside(folder: string, path: string): string | undefined {
  const inside = relative(folder, path);
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? undefined : inside;
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function statOrNone(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function buildReferenceError(reference: string): AppError {
  return new AppError('invalid-input', `${JSON.stringify(reference)} names no image.`, {
    hint: 'Give an absolute path, or MACHINE:DISK such as web:disk0.',
  });
}
