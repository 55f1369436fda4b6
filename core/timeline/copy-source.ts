import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import { requireState } from '../machine/change-machine.ts';
import { dropTimeline } from '../machine/machine-store.ts';
import type { RunRecord } from '../machine/run-record.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { savedFile } from '../storage/file-names.ts';
import { listActiveLayers, makeOverlays, putLayers, removeOverlays } from './branch-disks.ts';
import { branchLive } from './branch-live.ts';
import type { TimelineChange } from './change-timeline.ts';
import {
  copyPlatformState,
  findPlatformState,
  findSavedPlatformState,
  namePlatformState,
  type PlatformState,
} from './copy-platform-state.ts';
import { explainEnd } from './explain-end.ts';
import { getSnapshot } from './find-snapshot.ts';
import { guessMemoryBytes } from './guess-memory.ts';
import { buildSnapshotFolder, makeGeneration } from './layer-names.ts';
import { isUnwritten, readOwnLayer } from './own-layer.ts';
import { checkMemoryFile } from './resume-plan.ts';
import { type SavedMemoryStream, saveMemory } from './save-memory.ts';
import { readSavedState, type SavedMemory } from './saved-state.ts';
import { standStill } from './stand-still.ts';

/** What another machine or a template is made of: layers nobody writes to, absolute, and what was beside them. */
export interface CopySource {
  readonly configuration: MachineConfiguration;
  readonly layers: readonly { readonly disk: string; readonly path: string }[];
  readonly platform: PlatformState;
  /** Memory that fits these, when it was asked for; the file is absolute. */
  readonly memory: SourceMemory | null;
}

export interface SourceMemory {
  readonly file: string;
  readonly facts: SavedMemory;
  /** How long the guest stood still for it, by QEMU's own clock, in ms; null when it was not running. */
  readonly pausedMs: number | null;
}

/** A snapshot; with its memory if that is wanted. Throws `wrong-state` when it has none. */
export function findSnapshotSource(
  change: TimelineChange,
  definition: MachineDefinition,
  reference: string,
  isMemoryWanted: boolean,
): CopySource {
  const snapshot = getSnapshot(definition, reference);
  const folder = join(change.folder, buildSnapshotFolder(snapshot.id));
  const { configuration, memory } = readSavedState(folder);
  if (isMemoryWanted && memory === null) {
    throw new AppError('wrong-state', `The snapshot “${snapshot.name}” of “${change.name}” has no memory.`, {
      hint: 'It was taken while the machine was off: say when a boot from it counts as ready.',
    });
  }
  const file = join(folder, savedFile.memory);
  if (isMemoryWanted && memory !== null) checkMemoryFile(change.name, file, memory);
  return {
    configuration,
    layers: snapshot.layers.map(({ disk, file: layer }) => ({ disk, path: join(change.folder, layer) })),
    platform: findSavedPlatformState(folder, configuration),
    memory: isMemoryWanted && memory !== null ? { file, facts: memory, pausedMs: null } : null,
  };
}

/** Puts new overlays on the disks of the original, so that what they held until now stays as it is. */
export async function holdPresent(change: TimelineChange): Promise<CopySource> {
  const { definition, isOn } = await change.withMachine(async ({ process }, found) => ({
    definition: found,
    isOn: process !== undefined,
  }));
  const platform = findPlatformState(change.folder, definition);
  const configuration = dropTimeline(definition);
  const held = findHeldLayers(change, definition);
  if (held !== undefined && !isOn) return { configuration, layers: held, platform, memory: null };
  const generation = makeGeneration();
  const layers = listPaths(change, definition);
  if (isOn) {
    const copy = nameCopy(change, definition, generation);
    await branchLive(change, generation, (switchOver) =>
      standStill(change, async (monitor) => {
        copyPlatformState(platform, copy);
        await switchOver(monitor);
      }),
    );
    return { configuration, layers, platform: copy, memory: null };
  }
  const overlays = makeOverlays(change.folder, layers, generation);
  await change.withMachine(async (machine) => {
    if (machine.process !== undefined) {
      removeOverlays(overlays);
      throw new AppError('wrong-state', `“${change.name}” was started meanwhile.`, { hint: 'Try again.' });
    }
    await change.commit((latest) => putLayers(latest, overlays));
  });
  return { configuration, layers, platform, memory: null };
}

/**
 * The same with the memory of this moment: of a machine that is on it is saved while the guest goes on; a suspended
 * one has it. What is made for it is removed with whatever else nothing needs.
 */
export async function holdMoment(change: TimelineChange): Promise<CopySource> {
  const machine = await change.withMachine(async (observed) => observed);
  requireState(machine, ['running', 'paused', 'suspended'], 'frozen with its memory');
  if (machine.process === undefined) return holdSuspended(change);
  const { run } = machine;
  if (run === undefined)
    throw new AppError('wrong-state', `“${change.name}” runs, but its record is lost.`, { hint: 'Restart it.' });
  checkFreeSpace(change.folder, guessMemoryBytes(machine), 'Freezing the memory');
  const generation = makeGeneration();
  const folder = join(change.folder, `suspended-${generation}`);
  mkdirSync(folder, { mode: 0o700 });
  const file = join(folder, savedFile.memory);
  const platform = nameCopy(change, run.configuration, generation);
  try {
    const { before, result } = await branchLive(change, generation, (switchOver) =>
      saveMemory(change, {
        file,
        guest: 'go-on',
        atStandstill: async (monitor) => {
          copyPlatformState(findPlatformState(change.folder, run.configuration), platform);
          await switchOver(monitor);
        },
      }),
    );
    return {
      configuration: run.configuration,
      layers: listPaths(change, before),
      platform,
      memory: { file, facts: buildFacts(run, result), pausedMs: result.pausedMs },
    };
  } catch (error) {
    throw await explainEnd(change, error);
  }
}

async function holdSuspended(change: TimelineChange): Promise<CopySource> {
  const { memory } = await change.withMachine(async (_machine, { timeline }) => timeline);
  const present = await holdPresent(change);
  const folder = join(change.folder, memory ?? '');
  const saved = readSavedState(folder);
  const file = join(folder, savedFile.memory);
  if (saved.memory === null) throw new AppError('image-invalid', `${folder} holds no memory.`);
  checkMemoryFile(change.name, file, saved.memory);
  return { ...present, configuration: saved.configuration, memory: { file, facts: saved.memory, pausedMs: null } };
}

function buildFacts({ accelerator, qemuVersion, launch }: RunRecord, { state, bytes }: SavedMemoryStream): SavedMemory {
  return { state, accelerator, qemuVersion, launch, bytes };
}

/** Where a copy of the variables and of the TPM's state goes that belongs to nobody yet. */
function nameCopy(change: TimelineChange, configuration: MachineConfiguration, generation: string): PlatformState {
  return findPlatformState(change.folder, { ...configuration, ...namePlatformState(configuration, generation) });
}

function listPaths(change: TimelineChange, machine: MachineDefinition): { disk: string; path: string }[] {
  return listActiveLayers(machine).map(({ disk, file }) => ({ disk, path: join(change.folder, file) }));
}

/** The layers below the present, when it has written nothing since they were made: then there is nothing to hold. */
function findHeldLayers(change: TimelineChange, definition: MachineDefinition): CopySource['layers'] | undefined {
  const layers = definition.disks.map(({ id, file }) => {
    const layer = readOwnLayer(join(change.folder, file));
    return layer.backing !== null && isUnwritten(layer) ? { disk: id, path: layer.backing } : undefined;
  });
  return layers.every((layer) => layer !== undefined) ? layers : undefined;
}
