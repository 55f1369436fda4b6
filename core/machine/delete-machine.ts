import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { changeMachine, requireState } from './change-machine.ts';
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
    const kept = keepDisks ? keepAside(site, stored.folder, `${stored.name}-${stored.id}`) : [];
    const grave = join(site.store.homes.machines, `${unfinishedPrefix.deleting}${stored.id}`);
    renameSync(stored.folder, grave);
    syncFolder(site.store.homes.machines);
    rmSync(grave, { recursive: true, force: true });
    return { id: stored.id, name: stored.name, kept };
  });
}

function keepAside(site: Site, folder: string, name: string): string[] {
  const target = join(site.store.homes.data, 'kept', name.replaceAll('/', '_'));
  const disks = readdirSync(join(folder, machineFile.disks));
  if (disks.length === 0) return [];
  mkdirSync(target, { recursive: true, mode: 0o700 });
  return disks.map((disk) => {
    const path = join(target, disk);
    renameSync(join(folder, machineFile.disks, disk), path);
    return path;
  });
}
