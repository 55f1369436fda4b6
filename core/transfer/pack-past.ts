import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import { writeOverlay } from '../image/write-overlay.ts';
import { findSavedPlatformState, namePlatformState } from '../timeline/copy-platform-state.ts';
import { getSnapshot } from '../timeline/find-snapshot.ts';
import { buildBackingName, buildLayerFile, buildSnapshotFolder, makeGeneration } from '../timeline/layer-names.ts';
import { listFiles } from '../timeline/list-files.ts';
import { readOwnLayer } from '../timeline/own-layer.ts';
import { goBack } from '../timeline/restore-snapshot.ts';
import { readSavedState } from '../timeline/saved-state.ts';
import { type ArchiveSource, createFileSource } from './archive-source.ts';

/**
 * The machine as if the snapshot had just been restored: empty overlays on its layers, copies of its variables and TPM
 * state. The overlays are new files; their paths begin with
 * `temporary` and a dot.
 */
export function packPast(
  folder: string,
  definition: MachineDefinition,
  reference: string,
  temporary: string,
): { machine: MachineDefinition; sources: ArchiveSource[] } {
  const snapshot = getSnapshot(definition, reference);
  const from = join(folder, buildSnapshotFolder(snapshot.id));
  const saved = readSavedState(from);
  const generation = makeGeneration();
  const names = namePlatformState(saved.configuration, generation);
  const platform = findSavedPlatformState(from, saved.configuration);
  const overlays = snapshot.layers.map(({ disk, file }) => {
    const name = buildLayerFile(disk, generation);
    const base = join(folder, file);
    const path = `${temporary}.${disk}`;
    writeOverlay(path, buildBackingName(join(folder, name), base), readOwnLayer(base).virtualSize);
    return { disk, file: name, path, backing: base };
  });
  const sources = [
    ...overlays.map(({ file, path }) => readSource(file, path)),
    ...(names.nvram === null || platform.nvram === null ? [] : [readSource(names.nvram, platform.nvram)]),
    ...(names.tpm === null || platform.tpm === null
      ? []
      : listFiles(platform.tpm)
          .filter((file) => !basename(file.path).startsWith('.'))
          .map((file) => readSource(`${names.tpm}/${basename(file.path)}`, file.path))),
  ];
  return { machine: goBack(definition, snapshot, saved, overlays, names), sources };
}

function readSource(name: string, path: string): ArchiveSource {
  return createFileSource(name, path, statSync(path), null);
}
