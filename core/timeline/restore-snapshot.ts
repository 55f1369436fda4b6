import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { SnapshotRecord } from '../../contract/timeline.ts';
import { recordActivity } from '../machine/activity.ts';
import { forceOff } from '../machine/force-off.ts';
import { removeRunRecord } from '../machine/run-record.ts';
import { savedFile } from '../storage/file-names.ts';
import { makeOverlays, type NewOverlay, removeOverlays } from './branch-disks.ts';
import type { TimelineChange } from './change-timeline.ts';
import { removeUnreachable } from './collect.ts';
import {
  checkPlatformState,
  copyPlatformState,
  findSavedPlatformState,
  namePlatformState,
  syncPlatformState,
} from './copy-platform-state.ts';
import { getSnapshot } from './find-snapshot.ts';
import { isPresentChanged } from './judge-present.ts';
import { buildSnapshotFolder, makeGeneration } from './layer-names.ts';
import { checkAccelerator, checkMemoryFile } from './resume-plan.ts';
import { readSavedState, type SavedState } from './saved-state.ts';
import { startHeld } from './start-from-timeline.ts';
import { takeSnapshot } from './take-snapshot.ts';

export interface RestoreWish {
  readonly snapshot: string;
  readonly present?: 'keep' | 'discard' | undefined;
  readonly keepAs?: string | undefined;
}

/**
 * Makes a machine what it was when a snapshot was taken: disks, variables, TPM state, configuration; a running one comes back
 * running where it was. All is prepared beside the present, which ends with one rename of `machine.json`.
 */
export async function restoreSnapshot(change: TimelineChange, wish: RestoreWish): Promise<void> {
  const { machine, definition } = await change.withMachine(async (observed, found) => ({ machine: observed, definition: found }));
  const snapshot = getSnapshot(definition, wish.snapshot);
  const folder = join(change.folder, buildSnapshotFolder(snapshot.id));
  const saved = readSavedState(folder);
  checkWhole(definition, folder, saved);
  await checkAccelerator(change.site.host, saved);
  if (isPresentChanged(change.folder, definition, machine.process !== undefined)) {
    if (wish.present === undefined) throw buildUnsaved(definition, snapshot);
    if (wish.present === 'keep')
      await takeSnapshot(change, { name: wish.keepAs, note: `Before “${snapshot.name}” was restored` });
  }
  change.progress(null, 'Restoring');
  const generation = makeGeneration();
  const names = namePlatformState(saved.configuration, generation);
  const copies = {
    nvram: names.nvram === null ? null : join(change.folder, names.nvram),
    tpm: names.tpm === null ? null : join(change.folder, names.tpm),
  };
  copyPlatformState(findSavedPlatformState(folder, saved.configuration), copies);
  await syncPlatformState(copies);
  const bases = snapshot.layers.map(({ disk, file }) => ({ disk, path: join(change.folder, file) }));
  const overlays = makeOverlays(change.folder, bases, generation);
  await change.withMachine(async (now) => {
    try {
      if (change.signal?.aborted === true) throw new AppError('cancelled', `Restoring “${snapshot.name}” was cancelled.`);
      await forceOff(change.site.store, now);
      await change.commit((latest) => goBack(latest, snapshot, saved, overlays, names));
    } catch (error) {
      removeOverlays(overlays);
      throw error;
    }
    // How the present that is gone ended no longer matters.
    removeRunRecord(change.folder);
    removeUnreachable(change);
    recordActivity(change.folder, 'RESTORE', `Restored the snapshot “${snapshot.name}”`);
    if (saved.memory !== null) await startAgain(change, snapshot);
  });
}

/** Everything that is needed is looked at before anything of the present is given up. */
function checkWhole(machine: MachineDefinition, folder: string, saved: SavedState): void {
  if (saved.memory !== null) checkMemoryFile(machine.name, join(folder, savedFile.memory), saved.memory);
  checkPlatformState(findSavedPlatformState(folder, saved.configuration));
}

function buildUnsaved(machine: MachineDefinition, snapshot: SnapshotRecord): AppError {
  return new AppError('wrong-state', `Restoring “${snapshot.name}” would throw away what “${machine.name}” is now.`, {
    hint: 'Keep it in a snapshot of its own first (--keep), or say that it may go (--discard).',
  });
}

/** The machine as the snapshot has it; it stays the same machine, under the name it has now. */
export function goBack(
  machine: MachineDefinition,
  snapshot: SnapshotRecord,
  { configuration, memory }: SavedState,
  overlays: readonly NewOverlay[],
  names: { nvram: string | null; tpm: string | null },
): MachineDefinition {
  const { id, name, uuid, createdAt, tags, timeline, template, throwaway, origin } = machine;
  const files = new Map(overlays.map(({ disk, file }) => [disk, file]));
  return {
    ...configuration,
    ...names,
    id,
    name,
    uuid: memory === null ? uuid : configuration.uuid,
    createdAt,
    tags,
    cdrom: configuration.cdrom !== null && existsSync(configuration.cdrom) ? configuration.cdrom : null,
    disks: configuration.disks.map((disk) => ({ ...disk, format: 'qcow2', file: files.get(disk.id) ?? disk.file })),
    timeline: { ...timeline, current: snapshot.id, memory: memory === null ? null : buildSnapshotFolder(snapshot.id) },
    template,
    throwaway,
    origin,
  };
}

async function startAgain(change: TimelineChange, snapshot: SnapshotRecord): Promise<void> {
  change.progress(null, 'Resuming');
  const { definition } = change.site.store.find(change.id) ?? {};
  if (definition == null) return;
  try {
    await startHeld(change, definition);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `“${snapshot.name}” was restored, but its machine does not go on. ${error.message}`, error);
  }
}
