import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import { emptyTimeline, type Layer } from '../../contract/timeline.ts';
import { claimName } from '../machine/claim-name.ts';
import { formatDefinition, makeMachineFolders } from '../machine/machine-store.ts';
import { makeMac, makeMachineId } from '../machine/new-identity.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import { makeOverlays, putLayers } from './branch-disks.ts';
import type { TimelineChange } from './change-timeline.ts';
import { copyBootFiles } from './copy-boot-files.ts';
import { copyChains } from './copy-chains.ts';
import { copyOwnLayers } from './copy-own-layers.ts';
import { copyPlatformState, findPlatformState, syncPlatformState } from './copy-platform-state.ts';
import type { CopySource } from './copy-source.ts';
import { makeGeneration } from './layer-names.ts';

export interface Copy {
  readonly machine: MachineDefinition;
  /** Whether it has a copy of the disks; else it reads them from where they are. */
  readonly isFull: boolean;
  /** Called with the folder in which it is made, and its definition but for this; gives what is written. */
  readonly finish?: (workshop: string, machine: MachineDefinition) => Promise<MachineDefinition>;
}

/** Makes a machine or template of what another one was, in a folder of its own, and puts it in place with one rename. */
export async function placeCopy(change: TimelineChange, source: CopySource, copy: Copy): Promise<void> {
  const { site, signal } = change;
  const { machine } = copy;
  checkSocketBudget(site.store.homes, machine.id);
  const { machines } = site.store.homes;
  const workshop = join(machines, `${unfinishedPrefix.creating}${machine.id}`);
  const lock = await site.locks.acquire(machine.id, change.operation, { subject: `“${machine.name}”` });
  try {
    mkdirSync(workshop, { mode: 0o700 });
    makeMachineFolders(workshop);
    const platform = findPlatformState(workshop, machine);
    copyPlatformState(source.platform, platform);
    await syncPlatformState(platform);
    const disks = await makeDisks(change, source, workshop, copy.isFull);
    const kernel = await copyBootFiles(change.folder, workshop, site.store.folderOf(machine.id), machine);
    const placed = putLayers({ ...machine, kernel }, disks);
    const definition = (await copy.finish?.(workshop, placed)) ?? placed;
    writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(definition));
    await claimName(site, machine.name, machine.id, () => {
      if (signal?.aborted === true) throw new AppError('cancelled', `“${machine.name}” was not made: cancelled.`);
      renameSync(workshop, site.store.folderOf(machine.id));
    });
    syncFolder(machines);
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
  }
  site.store.announce(machine.id);
}

/** The workshop lies beside the machines, so names that are relative to it stay right when it is renamed into place. */
function makeDisks(
  change: TimelineChange,
  { layers }: CopySource,
  workshop: string,
  isFull: boolean,
): Promise<readonly Layer[]> | readonly Layer[] {
  if (isFull) return copyChains(change, layers, workshop);
  if (change.site.store.find(change.id)?.definition?.throwaway != null) return copyOwnLayers(change, layers, workshop);
  return makeOverlays(workshop, layers, makeGeneration());
}

/** A machine of this configuration with its own id, UUID and MAC address, and no port forwards, which two cannot share. */
export function buildCopy(configuration: MachineConfiguration, name: string): MachineDefinition {
  return {
    ...configuration,
    id: makeMachineId(),
    uuid: randomUUID(),
    createdAt: new Date().toISOString(),
    name,
    nvram: configuration.nvram === null ? null : machineFile.nvram,
    tpm: configuration.tpm === null ? null : machineFile.tpm,
    disks: configuration.disks.map((disk) => ({ ...disk, format: 'qcow2' })),
    network: { ...configuration.network, mac: makeMac(), ports: [] },
    timeline: emptyTimeline,
    template: null,
    throwaway: null,
    origin: null,
  };
}
