import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { checkName } from '../create/check-settings.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree, claimName } from '../machine/claim-name.ts';
import { dropTimeline, formatDefinition, makeMachineFolders } from '../machine/machine-store.ts';
import { makeMac, makeMachineId } from '../machine/new-identity.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import { listActiveLayers, makeOverlays, putLayers, removeOverlays } from './branch-disks.ts';
import { branchLive } from './branch-live.ts';
import type { TimelineChange } from './change-timeline.ts';
import { collect, removeUnreachable } from './collect.ts';
import { copyBootFiles } from './copy-boot-files.ts';
import { copyChains } from './copy-chains.ts';
import {
  copyPlatformState,
  findPlatformState,
  findSavedPlatformState,
  namePlatformState,
  type PlatformState,
  syncPlatformState,
} from './copy-platform-state.ts';
import { getSnapshot } from './find-snapshot.ts';
import { buildSnapshotFolder, makeGeneration } from './layer-names.ts';
import { isUnwritten, readOwnLayer } from './own-layer.ts';
import { checkDisksCanBranch } from './preflight-snapshot.ts';
import { readSavedState } from './saved-state.ts';
import { standStill } from './stand-still.ts';

export interface CloneWish {
  readonly name: string;
  /** The snapshot to start from; the present when left out. */
  readonly snapshot?: string | undefined;
  readonly full?: boolean | undefined;
}

/** What a new machine is made of: layers nobody writes to, absolute, and the state beside them. */
interface CloneSource {
  readonly configuration: MachineConfiguration;
  readonly layers: readonly { readonly disk: string; readonly path: string }[];
  readonly platform: PlatformState;
}

/**
 * Makes a new machine of the present or of a snapshot: a linked clone writes to overlays of its own and reads the rest from
 * the original, a full one has a copy. It gets its own id, UUID, MAC address and name, and no port forwards, which two machines cannot share. Gives its id.
 */
export async function cloneMachine(change: TimelineChange, wish: CloneWish): Promise<string> {
  const { site } = change;
  checkName(wish.name);
  checkFree(site, wish.name, '');
  const definition = await change.withMachine(async (_machine, found) => found);
  checkDisksCanBranch(definition);
  const source = await (wish.snapshot === undefined
    ? holdPresent(change)
    : findSnapshotSource(change, definition, wish.snapshot));
  try {
    return await makeClone(change, source, wish);
  } finally {
    // A full clone needs nothing of the original, which then gets its layers back in one piece.
    if (wish.full === true && wish.snapshot === undefined) await collect({ ...change, signal: undefined });
    else removeUnreachable(change);
  }
}

function findSnapshotSource(change: TimelineChange, definition: MachineDefinition, reference: string): CloneSource {
  const snapshot = getSnapshot(definition, reference);
  const folder = join(change.folder, buildSnapshotFolder(snapshot.id));
  const { configuration } = readSavedState(folder);
  return {
    configuration,
    layers: snapshot.layers.map(({ disk, file }) => ({ disk, path: join(change.folder, file) })),
    platform: findSavedPlatformState(folder, configuration),
  };
}

/** Puts new overlays on the disks of the original, so that what they held until now stays as it is. */
async function holdPresent(change: TimelineChange): Promise<CloneSource> {
  const { definition, isOn } = await change.withMachine(async ({ process }, found) => ({
    definition: found,
    isOn: process !== undefined,
  }));
  const platform = findPlatformState(change.folder, definition);
  const configuration = dropTimeline(definition);
  const held = findHeldLayers(change, definition);
  if (held !== undefined && !isOn) return { configuration, layers: held, platform };
  const generation = makeGeneration();
  const layers = listActiveLayers(definition).map(({ disk, file }) => ({ disk, path: join(change.folder, file) }));
  if (isOn) {
    const names = namePlatformState(definition, generation);
    const copy = findPlatformState(change.folder, { ...definition, ...names });
    await branchLive(change, generation, (switchOver) =>
      standStill(change, async (monitor) => {
        copyPlatformState(platform, copy);
        await switchOver(monitor);
      }),
    );
    return { configuration, layers, platform: copy };
  }
  const overlays = makeOverlays(change.folder, layers, generation);
  await change.withMachine(async (machine) => {
    if (machine.process !== undefined) {
      removeOverlays(overlays);
      throw new AppError('wrong-state', `“${change.name}” was started meanwhile.`, { hint: 'Try again.' });
    }
    await change.commit((latest) => putLayers(latest, overlays));
  });
  return { configuration, layers, platform };
}

/** The layers below the present, when it has written nothing since they were made: then there is nothing to hold. */
function findHeldLayers(change: TimelineChange, definition: MachineDefinition): CloneSource['layers'] | undefined {
  const layers = definition.disks.map(({ id, file }) => {
    const layer = readOwnLayer(join(change.folder, file));
    return layer.backing !== null && isUnwritten(layer) ? { disk: id, path: layer.backing } : undefined;
  });
  return layers.every((layer) => layer !== undefined) ? layers : undefined;
}

async function makeClone(change: TimelineChange, source: CloneSource, wish: CloneWish): Promise<string> {
  const { site, signal } = change;
  const machine = buildClone(source.configuration, wish.name);
  checkSocketBudget(site.store.homes, machine.id);
  const { machines } = site.store.homes;
  const workshop = join(machines, `${unfinishedPrefix.creating}${machine.id}`);
  const lock = await site.locks.acquire(machine.id, 'clone', { subject: `“${machine.name}”` });
  try {
    mkdirSync(workshop, { mode: 0o700 });
    makeMachineFolders(workshop);
    const platform = findPlatformState(workshop, machine);
    copyPlatformState(source.platform, platform);
    await syncPlatformState(platform);
    const disks = await (wish.full === true ? copyChains(change, source.layers, workshop) : linkLayers(source.layers, workshop));
    const kernel = await copyBootFiles(change.folder, workshop, site.store.folderOf(machine.id), machine.kernel);
    const definition = putLayers({ ...machine, kernel }, disks);
    writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(definition));
    await claimName(site, machine.name, machine.id, () => {
      if (signal?.aborted === true) throw new AppError('cancelled', `Cloning “${change.name}” was cancelled.`);
      renameSync(workshop, site.store.folderOf(machine.id));
    });
    syncFolder(machines);
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
  }
  recordActivity(site.store.folderOf(machine.id), 'CREATE', `Cloned from “${change.name}”`);
  site.store.announce(machine.id);
  return machine.id;
}

/** The workshop lies beside the machines, so names that are relative to it stay right when it is renamed into place. */
function linkLayers(layers: CloneSource['layers'], workshop: string): { disk: string; file: string }[] {
  return makeOverlays(workshop, layers, makeGeneration());
}

function buildClone(configuration: MachineConfiguration, name: string): MachineDefinition {
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
