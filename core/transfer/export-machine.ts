import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { type ExportFormat, type ExportInput, type ExportResult, exportFormats } from '../../contract/transfer.ts';
import { createQemuImg } from '../image/qemu-img.ts';
import { lockDisks } from '../machine/disk-lock.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import { dropTimeline } from '../machine/machine-store.ts';
import { type ObservedMachine, observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import type { TaskContext } from '../task/task-list.ts';
import { recoverTimeline } from '../timeline/change-timeline.ts';
import { getSnapshot } from '../timeline/find-snapshot.ts';
import { buildSnapshotFolder } from '../timeline/layer-names.ts';
import { readSavedState } from '../timeline/saved-state.ts';
import { exportOva } from './export-ova.ts';
import { exportQcow2, nameQcow2Files } from './export-qcow2.ts';
import type { ExportSource } from './export-source.ts';
import { type PackWork, packMachine } from './pack-machine.ts';
import { packPast } from './pack-past.ts';
import { writeTargets } from './target-file.ts';

/**
 * Writes a machine that is not on, or what it was in a snapshot, to a file. Its disks are held meanwhile: it can neither be
 * started nor changed, but be looked at.
 */
export async function exportMachine(
  site: Site,
  id: string,
  { file, format = guessFormat(file), snapshot, force = false }: Omit<ExportInput, 'machine'>,
  task: TaskContext,
): Promise<ExportResult> {
  await recoverTimeline(site, id);
  const lock = await lockDisks(site, getMachine(site.store, id), 'export', task.signal);
  try {
    const machine = await observeMachine(site.store, site.locks, getMachine(site.store, id));
    const definition = getDefinition(machine.stored);
    if (snapshot === undefined) checkIsOff(machine);
    const qemuImg = createQemuImg(site.host, site.environment);
    const work: PackWork & TaskContext = { ...task, folder: machine.stored.folder, qemuImg, notices: [] };
    const files =
      format === 'bothy'
        ? await writeArchive(site, definition, snapshot, file, force, work)
        : await writeForOthers(site, findSource(work.folder, definition, snapshot), format, file, force, work);
    if (format !== 'bothy') work.notices.push(...listLosses(definition, snapshot, format));
    return { files, bytes: files.reduce((sum, path) => sum + statSync(path).size, 0), notices: work.notices };
  } finally {
    await lock.release();
  }
}

function guessFormat(file: string): ExportFormat {
  const ending = /\.([^./]+)$/.exec(file)?.[1]?.toLowerCase();
  const format = exportFormats.find((each) => each === ending);
  if (format !== undefined) return format;
  throw new AppError('invalid-input', `${basename(file)} does not tell by its ending what it is to become.`, {
    hint: `Let it end in ${exportFormats.map((each) => `.${each}`).join(', ')}, or give the format.`,
  });
}

/** Only a machine whose disks nobody writes is whole. */
function checkIsOff({ state, process, stored }: ObservedMachine): void {
  if (process === undefined && state !== 'starting') return;
  throw new AppError('wrong-state', `“${stored.name}” cannot be exported as it is now: it is ${state}.`, {
    hint: 'Shut it down or suspend it first, or take a snapshot (`bothy snapshot create NAME`) and export that: `--snapshot SNAPSHOT`.',
  });
}

async function writeArchive(
  site: Site,
  definition: MachineDefinition,
  snapshot: string | undefined,
  path: string,
  force: boolean,
  work: PackWork & TaskContext,
): Promise<string[]> {
  await writeTargets(site.store.homes, [path], force, async (targets) => {
    const [target] = targets;
    if (target === undefined) return;
    work.progress(null, 'Looking at its files');
    const past = snapshot === undefined ? undefined : packPast(work.folder, definition, snapshot, target.temporary);
    const plan = await packMachine(past?.machine ?? definition, work, past?.sources);
    checkFreeSpace(dirname(path), plan.totalBytes, `Exporting “${definition.name}”`);
    const file = await open(target.temporary, 'wx', 0o600);
    try {
      await plan.write(file, work);
    } finally {
      await file.close();
    }
  });
  return [path];
}

async function writeForOthers(
  site: Site,
  source: ExportSource,
  format: 'ova' | 'qcow2',
  path: string,
  force: boolean,
  work: PackWork & TaskContext,
): Promise<string[]> {
  if (source.disks.length === 0 && format === 'qcow2') {
    throw new AppError('wrong-state', `“${source.configuration.name}” has no disk to export.`, {
      hint: 'Export it as .bothy or .ova.',
    });
  }
  const paths = format === 'ova' ? [path] : nameQcow2Files(source, path);
  await writeTargets(site.store.homes, paths, force, async (targets) => {
    const [first] = targets;
    if (format === 'qcow2') await exportQcow2(source, targets, work);
    else if (first !== undefined) await exportOva(source, first, work);
  });
  return paths;
}

function findSource(folder: string, definition: MachineDefinition, reference: string | undefined): ExportSource {
  const snapshot = reference === undefined ? undefined : getSnapshot(definition, reference);
  const configuration =
    snapshot === undefined
      ? dropTimeline(definition)
      : { ...readSavedState(join(folder, buildSnapshotFolder(snapshot.id))).configuration, name: definition.name };
  const layers = new Map(snapshot?.layers.map(({ disk, file }) => [disk, file]));
  const disks = configuration.disks.map(({ id, file, format, bus }) => ({
    id,
    path: join(folder, layers.get(id) ?? file),
    format: snapshot === undefined ? format : ('qcow2' as const),
    bus,
  }));
  return { configuration, disks };
}

/** What another program does not get of it. */
function listLosses(definition: MachineDefinition, reference: string | undefined, format: 'ova' | 'qcow2'): string[] {
  const snapshot = reference === undefined ? undefined : getSnapshot(definition, reference);
  const hasMemory = snapshot === undefined ? definition.timeline.memory !== null : snapshot.state !== 'off';
  const memory = hasMemory ? ['Its memory is not in it: its system will start as after a power cut.'] : [];
  if (format === 'qcow2') return ['Only its disks are in it.', ...memory];
  return [
    ...memory,
    ...(definition.timeline.snapshots.length > 0 ? ['Its snapshots are not in it; a .bothy file has them.'] : []),
    ...(definition.kernel === null ? [] : ['The kernel it starts directly is not in it.']),
    ...(definition.nvram === null ? [] : ['Its UEFI variables, such as the boot order, are not in it.']),
    ...(definition.tpm === null ? [] : ['The state of its TPM is not in it.']),
  ];
}
