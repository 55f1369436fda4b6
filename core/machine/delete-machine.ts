import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineLink } from '../../contract/snapshot.ts';
import { keptFolder, machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { findBases, findPins, listPinning } from '../timeline/find-pins.ts';
import { markForCollection } from '../timeline/timeline-mark.ts';
import { changeMachine, requireState } from './change-machine.ts';
import { lockDisks } from './disk-lock.ts';
import { getMachine, isSpare } from './find-machine.ts';
import type { MachineStore, StoredMachine } from './machine-store.ts';
import { type ObservedMachine, settle } from './observe-machine.ts';
import type { Site } from './site.ts';

/**
 * Deletes a machine that does not run. It is gone with one rename; what remains of it is removed afterwards, or at the
 * next look if this process dies. Kept disks move to `kept/<name>-<id>/` beside the machines folder.
 */
export function deleteMachine(
  site: Site,
  reference: string,
  keepDisks: boolean,
  signal: AbortSignal | undefined,
): Promise<{ id: string; name: string; kept: string[] }> {
  return deleteStored(site, getMachine(site.store, reference), keepDisks, signal);
}

/** The same of what somebody found, also of a template. */
export function deleteStored(
  site: Site,
  stored: StoredMachine,
  keepDisks: boolean,
  signal: AbortSignal | undefined,
): Promise<{ id: string; name: string; kept: string[] }> {
  // Whoever makes a linked clone of it holds its disks.
  return holdDisks(site, stored, signal, () =>
    changeMachine(site, stored, 'delete', signal, (machine) => deleteHeld(site, machine, keepDisks)),
  );
}

async function holdDisks<T>(
  site: Site,
  stored: StoredMachine,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> {
  const lock = await lockDisks(site, stored, 'delete', signal);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

async function deleteHeld(
  site: Site,
  machine: ObservedMachine,
  keepDisks: boolean,
): Promise<{ id: string; name: string; kept: string[] }> {
  const { stored } = machine;
  if (machine.process !== undefined)
    requireState({ ...machine, state: machine.state === 'broken' ? 'running' : machine.state }, [], 'deleted');
  checkNobodyDepends(site, stored);
  if (keepDisks) checkIndependent(site, stored);
  const bases = findBases(site.store, stored.id).map(({ id }) => id);
  settle(site.store, stored);
  const kept = keepDisks ? keepAside(site, stored) : undefined;
  const grave = join(site.store.homes.machines, `${unfinishedPrefix.deleting}${stored.id}`);
  if (kept === undefined) renameSync(stored.folder, grave);
  syncFolder(site.store.homes.machines);
  // Before the grave goes: should this process die here, whoever removes it finds them there (`sweepLeftovers`).
  markForCollection(site.store, bases);
  rmSync(grave, { recursive: true, force: true });
  return { id: stored.id, name: stored.name, kept: kept ?? [] };
}

function checkNobodyDepends({ store }: Site, { id, name }: StoredMachine): void {
  const pinning = listPinning(findPins(store, id));
  const known = pinning.filter((link) => !isSpare(store.find(link.id)));
  const [first, ...more] = known.length === 0 ? pinning : known;
  if (first === undefined) return;
  const names = [first, ...more].map((link) => `“${link.name}”`).join(', ');
  throw new AppError(
    'wrong-state',
    `“${name}” cannot be deleted: ${names} ${more.length === 0 ? 'builds' : 'build'} on its disks.`,
    { hint: suggestFreeing(store, { id, name }, [first, ...more]) },
  );
}

/** Machines of a template are freed all at once; a template that builds on something cannot be freed. */
function suggestFreeing(store: MachineStore, { id, name }: MachineLink, users: readonly MachineLink[]): string {
  const isTemplate = (one: string): boolean => store.find(one)?.definition?.template != null;
  const template = users.find((user) => isTemplate(user.id));
  if (template !== undefined) return `Delete the template “${template.name}” first: \`bothy template delete ${template.name}\`.`;
  const them = users.length === 1 ? 'it' : 'them';
  const command = isTemplate(id) ? `template delete ${name} --detach` : `detach ${users[0]?.name}`;
  return `Make ${them} independent first: \`bothy ${command}\`.`;
}

/** A layer that is moved away alone would not find what it builds on. */
function checkIndependent({ store }: Site, { id, name }: StoredMachine): void {
  const [base] = findBases(store, id);
  if (base === undefined) return;
  throw new AppError('wrong-state', `The disks of “${name}” cannot be kept: they build on those of “${base.name}”.`, {
    hint: 'Make it independent first: `bothy detach NAME`.',
  });
}

/**
 * Moves the whole machine away with one rename, then brings its disks up and removes the rest: whenever this process dies,
 * either the machine is there with its disks, or its disks are in the kept folder. Undefined when it has no disks.
 */
function keepAside({ store }: Site, { folder, name, id }: StoredMachine): string[] | undefined {
  const disks = listNames(join(folder, machineFile.disks));
  if (disks.length === 0) return undefined;
  const target = join(store.homes.data, keptFolder, `${name}-${id}`);
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  renameSync(folder, target);
  for (const other of listNames(target)) {
    if (other !== machineFile.disks) rmSync(join(target, other), { recursive: true, force: true });
  }
  for (const disk of disks) renameSync(join(target, machineFile.disks, disk), join(target, disk));
  rmSync(join(target, machineFile.disks), { recursive: true });
  syncFolder(dirname(target));
  return disks.map((disk) => join(target, disk));
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
