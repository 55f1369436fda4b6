import type { MachineDefinition } from '../../contract/machine.ts';
import { machineFile, savedFile } from '../storage/file-names.ts';
import { checkSnapshotName, checkSnapshotNote } from '../timeline/find-snapshot.ts';
import { buildSnapshotFolder } from '../timeline/layer-names.ts';

/** Says what is wrong with the files and the timeline of a machine from outside; undefined when all fits together. */
export function findTimelineFault(machine: MachineDefinition, files: ReadonlySet<string>): string | undefined {
  const { disks, timeline, nvram, tpm } = machine;
  const { snapshots, current, memory, merges } = timeline;
  const ids = new Set(snapshots.map(({ id }) => id));
  if (ids.size !== snapshots.length) return 'it has a snapshot twice';
  if (new Set(disks.map(({ id }) => id)).size !== disks.length) return 'it has a disk twice';
  if (new Set(disks.map(({ file }) => file)).size !== disks.length) return 'two of its disks are one file';
  if (merges.length > 0) return 'a merge of its layers was not finished';
  if (current !== null && !ids.has(current)) return 'its present grew from a snapshot that is not in it';
  const seen = new Set<string>();
  for (const snapshot of snapshots) {
    // They are listed oldest first, so this rules out circles too.
    if (snapshot.parent !== null && !seen.has(snapshot.parent)) return 'a snapshot is older than the one it grew from';
    seen.add(snapshot.id);
    if (!isNamed(machine, snapshot.id)) return 'a snapshot has an impossible name or note';
  }
  const folders = [...ids].map(buildSnapshotFolder);
  if (memory !== null && !folders.includes(memory) && !/^suspended-[0-9a-z]{8}$/.test(memory))
    return 'its memory is in no folder of its own';
  const wanted = [
    ...disks.map(({ file }) => file),
    ...snapshots.flatMap(({ layers }) => layers.map(({ file }) => file)),
    ...(nvram === null ? [] : [nvram]),
    ...[...folders, ...(memory === null ? [] : [memory])].map((folder) => `${folder}/${savedFile.facts}`),
    ...snapshots.filter(({ state }) => state !== 'off').map(({ id }) => `${buildSnapshotFolder(id)}/${savedFile.memory}`),
    ...(memory === null ? [] : [`${memory}/${savedFile.memory}`]),
  ];
  const missing = wanted.find((file) => !files.has(file));
  if (missing !== undefined) return `${missing} is missing in it`;
  const places = [
    machineFile.disks,
    machineFile.boot,
    ...folders,
    ...(memory === null ? [] : [memory]),
    ...(tpm === null ? [] : [tpm]),
  ];
  const odd = [...files].find((file) => file !== nvram && !places.some((place) => file.startsWith(`${place}/`)));
  return odd === undefined ? undefined : `nothing of the machine needs ${odd}`;
}

function isNamed(machine: MachineDefinition, id: string): boolean {
  const snapshot = machine.timeline.snapshots.find((each) => each.id === id);
  try {
    checkSnapshotName(machine, snapshot?.name ?? '', id);
    checkSnapshotNote(snapshot?.note ?? '');
    return true;
  } catch {
    return false;
  }
}
