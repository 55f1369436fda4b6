import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { TakenSnapshot } from '../../contract/snapshot.ts';
import type { SnapshotRecord } from '../../contract/timeline.ts';
import { recordActivity } from '../machine/activity.ts';
import { requireState } from '../machine/change-machine.ts';
import { dropTimeline } from '../machine/machine-store.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { savedFile } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { listActiveLayers, makeOverlays, putLayers, removeOverlays } from './branch-disks.ts';
import { branchLive } from './branch-live.ts';
import type { TimelineChange } from './change-timeline.ts';
import { collect, removeUnreachable } from './collect.ts';
import { copyPlatformState, findPlatformState, findSavedPlatformState, syncPlatformState } from './copy-platform-state.ts';
import { explainEnd } from './explain-end.ts';
import { checkSnapshotName, checkSnapshotNote, suggestSnapshotName } from './find-snapshot.ts';
import { guessMemoryBytes } from './guess-memory.ts';
import { keepThumbnail } from './keep-thumbnail.ts';
import { buildSnapshotFolder, makeGeneration } from './layer-names.ts';
import { checkDisksCanBranch } from './preflight-snapshot.ts';
import { checkMemoryFile } from './resume-plan.ts';
import { saveMemory } from './save-memory.ts';
import { readSavedState, type SavedState, writeSavedState } from './saved-state.ts';

export interface SnapshotWish {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
}

/** A snapshot that was taken, before it is described. */
export interface Taken extends Omit<TakenSnapshot, 'snapshot'> {
  readonly id: string;
}

/** Besides what the layers and memory take: headers, variables, the picture. */
const overheadBytes = 4 * 1024 * 1024;

/**
 * Takes a snapshot of everything: disks, UEFI variables, TPM state, configuration, and memory with devices when the machine
 * is on. It exists once `machine.json` lists it; until then the machine is as before.
 */
export async function takeSnapshot(change: TimelineChange, wish: SnapshotWish): Promise<Taken> {
  const { machine, definition } = await change.withMachine(async (observed, found) => ({ machine: observed, definition: found }));
  requireState(machine, ['off', 'running', 'paused', 'suspended', 'crashed'], 'put into a snapshot');
  const name = wish.name ?? suggestSnapshotName(definition);
  checkSnapshotName(definition, name);
  checkSnapshotNote(wish.note ?? '');
  checkDisksCanBranch(definition);
  const isOn = machine.process !== undefined;
  if (isOn && machine.state === 'crashed') requireState(machine, [], 'put into a snapshot');
  checkFreeSpace(change.folder, (isOn ? guessMemoryBytes(machine) : 0) + overheadBytes, 'A snapshot with memory');
  const snapshot: Draft = {
    id: makeGeneration(),
    name,
    note: wish.note ?? '',
    createdAt: new Date().toISOString(),
    folder: '',
  };
  const folder = join(change.folder, buildSnapshotFolder(snapshot.id));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const taken = await (isOn
    ? takeOfRunning(change, machine, { ...snapshot, folder })
    : takeOfStopped(change, machine, definition, { ...snapshot, folder }));
  recordActivity(change.folder, 'SNAPSHOT', `Took the snapshot “${name}”`);
  return taken;
}

interface Draft {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly createdAt: string;
  /** Absolute. */
  readonly folder: string;
}

async function takeOfStopped(
  change: TimelineChange,
  machine: ObservedMachine,
  definition: MachineDefinition,
  draft: Draft,
): Promise<Taken> {
  change.progress(null, 'Keeping the disks');
  const from = findPlatformState(change.folder, definition);
  const to = findSavedPlatformState(draft.folder, definition);
  copyPlatformState(from, to);
  await syncPlatformState(to);
  const memory =
    definition.timeline.memory === null
      ? null
      : linkMemory(change.name, join(change.folder, definition.timeline.memory), draft.folder);
  writeSavedState(draft.folder, {
    schemaVersion: 1,
    savedAt: draft.createdAt,
    configuration: memory?.configuration ?? dropTimeline(definition),
    memory: memory?.memory ?? null,
  });
  syncFolder(draft.folder);
  const overlays = makeOverlays(change.folder, listPaths(change, definition), draft.id);
  await change.withMachine(async (now) => {
    try {
      if (now.process !== undefined || now.state !== machine.state) requireState(now, [], 'put into a snapshot');
      await change.commit((latest) =>
        addSnapshot(putLayers(latest, overlays), draft, memory?.memory?.state ?? 'off', definition),
      );
    } catch (error) {
      removeOverlays(overlays);
      throw error;
    }
  });
  // The present goes on from the memory in the snapshot's folder now; its own folder is of no use.
  if (memory !== null) removeUnreachable(change);
  return { id: draft.id, method: memory === null ? 'off' : 'suspended', pausedMs: null };
}

/** The snapshot and the suspended machine share the files: neither changes them. */
function linkMemory(machineName: string, from: string, to: string): SavedState {
  const state = readSavedState(from);
  if (state.memory !== null) checkMemoryFile(machineName, join(from, savedFile.memory), state.memory);
  linkSync(join(from, savedFile.memory), join(to, savedFile.memory));
  try {
    linkSync(join(from, savedFile.thumbnail), join(to, savedFile.thumbnail));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return state;
}

async function takeOfRunning(change: TimelineChange, machine: ObservedMachine, draft: Draft): Promise<Taken> {
  const { run } = machine;
  if (run === undefined)
    throw new AppError('wrong-state', `“${change.name}” runs, but its record is lost.`, { hint: 'Restart it.' });
  change.progress(null, 'Preparing');
  await keepThumbnail(run.runtimeFolder, draft.folder);
  const file = join(draft.folder, savedFile.memory);
  const platform = findSavedPlatformState(draft.folder, run.configuration);
  try {
    const branch = await branchLive(change, draft.id, (switchOver) =>
      saveMemory(change, {
        file,
        guest: 'go-on',
        atStandstill: async (monitor) => {
          copyPlatformState(findPlatformState(change.folder, run.configuration), platform);
          await switchOver(monitor);
        },
      }),
    );
    await syncPlatformState(platform);
    const { state } = branch.result;
    writeSavedState(draft.folder, {
      schemaVersion: 1,
      savedAt: draft.createdAt,
      configuration: run.configuration,
      memory: {
        state,
        accelerator: run.accelerator,
        qemuVersion: run.qemuVersion,
        launch: run.launch,
        bytes: branch.result.bytes,
      },
    });
    syncFolder(draft.folder);
    await change.commit((latest) => addSnapshot(latest, draft, state, branch.before));
    return { id: draft.id, method: branch.result.method, pausedMs: branch.result.pausedMs };
  } catch (error) {
    // The guest writes to overlays now that no snapshot needs: almost empty, so merged at once.
    await collect({ ...change, signal: undefined, progress: () => {} }).catch(() => {});
    throw await explainEnd(change, error);
  }
}

/** Lists the snapshot; what was the present's is its own now. */
function addSnapshot(
  machine: MachineDefinition,
  { id, name, note, createdAt }: Draft,
  state: SnapshotRecord['state'],
  before: MachineDefinition,
): MachineDefinition {
  const { timeline } = machine;
  const record: SnapshotRecord = { id, parent: timeline.current, name, note, createdAt, state, layers: listActiveLayers(before) };
  const memory = timeline.memory === null ? null : buildSnapshotFolder(id);
  return { ...machine, timeline: { ...timeline, current: id, memory, snapshots: [...timeline.snapshots, record] } };
}

function listPaths(change: TimelineChange, machine: MachineDefinition): { disk: string; path: string }[] {
  return listActiveLayers(machine).map(({ disk, file }) => ({ disk, path: join(change.folder, file) }));
}
