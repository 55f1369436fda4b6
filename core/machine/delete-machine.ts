import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { changeMachine, requireState } from './change-machine.ts';
import type { StoredMachine } from './machine-store.ts';
import { settle } from './observe-machine.ts';
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
  return changeMachine(site, reference, 'delete', signal, async (machine) => {
    const { stored } = machine;
    if (machine.process !== undefined)
      requireState({ ...machine, state: machine.state === 'broken' ? 'running' : machine.state }, [], 'deleted');
    settle(site.store, stored);
    const kept = keepDisks ? keepAside(site, stored) : undefined;
    const grave = join(site.store.homes.machines, `${unfinishedPrefix.deleting}${stored.id}`);
    if (kept === undefined) renameSync(stored.folder, grave);
    syncFolder(site.store.homes.machines);
    rmSync(grave, { recursive: true, force: true });
    return { id: stored.id, name: stored.name, kept: kept ?? [] };
  });
}

/**
 * Moves the whole machine away with one rename, then brings its disks up and removes the rest: whenever this process dies,
 * either the machine is there with its disks, or its disks are in the kept folder. Undefined when it has no disks.
 */
function keepAside({ store }: Site, { folder, name, id }: StoredMachine): string[] | undefined {
  const disks = listNames(join(folder, machineFile.disks));
  if (disks.length === 0) return undefined;
  const target = join(store.homes.data, 'kept', `${name}-${id}`);
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
