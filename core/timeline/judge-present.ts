import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import { dropTimeline } from '../machine/machine-store.ts';
import { findPlatformState, findSavedPlatformState, type PlatformState } from './copy-platform-state.ts';
import { buildSnapshotFolder } from './layer-names.ts';
import { listFiles } from './list-files.ts';
import { isUnwritten, readOwnLayer } from './own-layer.ts';
import { readSavedState } from './saved-state.ts';

/** Whether throwing the present away would lose anything that the snapshot it grew from does not have. */
export function isPresentChanged(folder: string, machine: MachineDefinition, isOn: boolean): boolean {
  const { current, memory, snapshots } = machine.timeline;
  const snapshot = snapshots.find(({ id }) => id === current);
  if (isOn || snapshot === undefined) return true;
  if (memory !== null && memory !== buildSnapshotFolder(snapshot.id)) return true;
  const layers = new Map(snapshot.layers.map(({ disk, file }) => [disk, join(folder, file)]));
  if (machine.disks.some(({ id, file }) => isChanged(join(folder, file), layers.get(id)))) return true;
  try {
    const from = join(folder, buildSnapshotFolder(snapshot.id));
    const { configuration } = readSavedState(from);
    if (!isDeepStrictEqual(pickSettings(machine), pickSettings(configuration))) return true;
    return !isSame(findPlatformState(folder, machine), findSavedPlatformState(from, configuration));
  } catch {
    return true;
  }
}

function isChanged(path: string, base: string | undefined): boolean {
  const layer = readOwnLayer(path);
  return layer.backing !== base || !isUnwritten(layer);
}

/** What a person sets, without identity and without the names of files that every restore makes anew. */
function pickSettings(machine: MachineConfiguration): unknown {
  const {
    id: _id,
    name: _name,
    uuid: _uuid,
    createdAt: _createdAt,
    tags: _tags,
    nvram: _nvram,
    tpm: _tpm,
    disks,
    ...settings
  } = dropTimeline(machine);
  return { ...settings, disks: disks.map(({ id, bus }) => ({ id, bus })) };
}

function isSame(one: PlatformState, other: PlatformState): boolean {
  return isSameFile(one.nvram, other.nvram) && isDeepStrictEqual(readFolder(one.tpm), readFolder(other.tpm));
}

function isSameFile(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  return readFileSync(one).equals(readFileSync(other));
}

/** The content of all files by name, but for the lock that swtpm leaves. */
function readFolder(folder: string | null): [string, Buffer][] {
  if (folder === null) return [];
  return listFiles(folder)
    .map(({ path }): [string, Buffer] => [relative(folder, path), readFileSync(path)])
    .filter(([name]) => !name.startsWith('.'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
