import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import type { QemuImg } from '../image/qemu-img.ts';
import { savedFile } from '../storage/file-names.ts';
import { buildSnapshotFolder } from '../timeline/layer-names.ts';
import { readSavedState } from '../timeline/saved-state.ts';
import { bothyVersion } from '../version.ts';
import { maxPieces, type Piece } from './archive-manifest.ts';
import { type ArchiveSource, buildSource, createFileSource } from './archive-source.ts';
import { type PlannedArchive, planArchive } from './archive-writer.ts';
import { choosePieces } from './choose-pieces.ts';
import { collectLayers } from './collect-layers.ts';
import { type BootFiles, createBootFiles } from './pack-boot-files.ts';

/** What packing a machine needs. Nobody may change its disks meanwhile. */
export interface PackWork {
  readonly folder: string;
  readonly qemuImg: QemuImg;
  readonly signal: AbortSignal;
  /** Gets what a person should know about what is not in the archive. */
  readonly notices: string[];
}

/**
 * Lays out the archive of a machine: its present, and all its snapshots. `extra` are files of its present that are not in
 * its folder under the name `machine` has for them.
 */
export async function packMachine(
  machine: MachineDefinition,
  work: PackWork,
  extra: readonly ArchiveSource[] = [],
): Promise<PlannedArchive> {
  const boot = createBootFiles();
  const definition = packConfiguration(machine, boot, work.notices);
  const { timeline } = machine;
  const own = new Set(extra.map(({ name }) => name));
  const layers: ArchiveSource[] = [];
  const disks = machine.disks.filter(({ file }) => !own.has(file));
  for (const { path, name, status, head } of await collectLayers(work.folder, { ...machine, disks })) {
    layers.push(createFileSource(name, path, status, await findPieces(work, path, status, head?.length ?? 0), head));
  }
  const platform = [
    ...(machine.nvram === null || own.has(machine.nvram) ? [] : [readSource(work.folder, machine.nvram)]),
    ...(machine.tpm === null ? [] : listFolder(work.folder, machine.tpm).filter(({ name }) => !own.has(name))),
  ];
  const snapshots = timeline.snapshots.map(({ id }) => buildSnapshotFolder(id));
  const saved: ArchiveSource[] = [];
  for (const folder of snapshots) saved.push(...(await packSaved(folder, boot, work)), ...packPlatform(folder, work));
  // The variables and the TPM of a suspended machine are those of its present.
  const { memory } = timeline;
  if (memory !== null && !snapshots.includes(memory)) saved.push(...(await packSaved(memory, boot, work)));
  const sources = [...layers, ...extra, ...platform, ...saved, ...boot.sources];
  // What was begun of a merge holds nothing that is not elsewhere as well.
  return planArchive({ ...definition, timeline: { ...timeline, merges: [] } }, `Bothy ${bothyVersion}`, sources);
}

/** A folder of a snapshot or of a suspended machine; its configuration names no files of this host any more. */
async function packSaved(folder: string, boot: BootFiles, work: PackWork): Promise<ArchiveSource[]> {
  const path = join(work.folder, folder);
  const state = readSavedState(path);
  const configuration = packConfiguration(state.configuration, boot, work.notices);
  const facts = buildSource(
    `${folder}/${savedFile.facts}`,
    Buffer.from(`${JSON.stringify({ ...state, configuration }, null, 2)}\n`),
  );
  const memory = `${folder}/${savedFile.memory}`;
  const status = statSync(join(work.folder, memory), { throwIfNoEntry: false });
  if (state.memory !== null && status === undefined) {
    throw new AppError('image-invalid', `The memory of a snapshot is missing: ${join(work.folder, memory)}`, {
      hint: 'Restore the file from a backup, or delete the snapshot.',
    });
  }
  return [
    facts,
    ...(status === undefined || state.memory === null
      ? []
      : [
          createFileSource(
            memory,
            join(work.folder, memory),
            status,
            await findPieces(work, join(work.folder, memory), status, 0),
          ),
        ]),
    ...(statSync(join(path, savedFile.thumbnail), { throwIfNoEntry: false }) === undefined
      ? []
      : [readSource(work.folder, `${folder}/${savedFile.thumbnail}`)]),
  ];
}

/** What a snapshot has beside disks and memory. */
function packPlatform(folder: string, work: PackWork): ArchiveSource[] {
  const { configuration } = readSavedState(join(work.folder, folder));
  return [
    ...(configuration.nvram === null ? [] : [readSource(work.folder, `${folder}/${savedFile.nvram}`)]),
    ...(configuration.tpm === null ? [] : listFolder(work.folder, `${folder}/${savedFile.tpm}`)),
  ];
}

function packConfiguration<T extends MachineConfiguration>(configuration: T, boot: BootFiles, notices: string[]): T {
  const { cdrom } = configuration;
  const notice = cdrom === null ? undefined : `The CD medium is not in it: ${cdrom}`;
  if (notice !== undefined && !notices.includes(notice)) notices.push(notice);
  return { ...boot.pack(configuration), cdrom: null };
}

function readSource(folder: string, name: string): ArchiveSource {
  const path = join(folder, name);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isFile() === true) return createFileSource(name, path, status, null);
  throw new AppError('image-invalid', `A file of the machine is missing: ${path}`, { hint: 'Restore it from a backup.' });
}

/** What begins with a dot is the lock of a TPM emulator. */
function listFolder(folder: string, name: string): ArchiveSource[] {
  return readdirSync(join(folder, name), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => readSource(folder, `${name}/${entry.name}`));
}

/** Looks for holes only in a file that occupies less than its length. */
async function findPieces(
  { qemuImg, signal }: PackWork,
  path: string,
  { size, blocks }: Stats,
  headBytes: number,
): Promise<Piece[] | null> {
  if (blocks * 512 >= size) return null;
  const pieces = choosePieces(await qemuImg.listData(path, signal), maxPieces);
  const [first] = pieces;
  const holdsHead = headBytes === 0 || (first !== undefined && first[0] === 0 && first[1] >= headBytes);
  return holdsHead ? pieces : null;
}
