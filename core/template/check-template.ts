import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { TemplateCheck } from '../../contract/template.ts';
import { lockDisks } from '../machine/disk-lock.ts';
import { getTemplate } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TaskContext } from '../task/task-list.ts';
import { findDevicesReason } from './find-fit.ts';
import { computeFingerprint } from './fingerprint.ts';
import { buildSealPath, readSealed, type SealedFiles } from './seal.ts';
import { readWarmState, warmFile } from './warm-state.ts';

type CheckedFile = TemplateCheck['files'][number];

/** Reads every file of a template and compares it with what was written down when it was made. A bad file is a row, no error. */
export async function checkTemplate(site: Site, reference: string, task: TaskContext): Promise<TemplateCheck> {
  const { id, name } = getTemplate(site.store, reference);
  // Nobody makes it warm anew, or deletes it, meanwhile.
  const lock = await lockDisks(site, { id, name }, 'check', task.signal);
  try {
    const { folder, definition } = getTemplate(site.store, id);
    const { warm } = definition.template;
    const files: CheckedFile[] = [
      { file: machineFile.definition, bytes: measureFile(join(folder, machineFile.definition)), problem: null },
    ];
    const sealed = [...readPlace(folder, '', files), ...(warm === null ? [] : readPlace(folder, warm.folder, files))];
    const total = sealed.reduce((sum, [, { bytes }]) => sum + bytes, 0);
    let read = 0;
    const onRead = (bytes: number): void => {
      read += bytes;
      task.progress(total === 0 ? null : read / total, 'Reading its files');
    };
    for (const [file, wanted] of sealed) files.push(await checkFile(folder, file, wanted, { signal: task.signal, onRead }));
    if (warm !== null) await addFrozen(folder, warm.folder, files);
    return { name, isWhole: files.every(({ problem }) => problem === null), files };
  } finally {
    await lock.release();
  }
}

/** What is written down in one place; when that cannot be read, it is a row of its own. */
function readPlace(folder: string, place: string, files: CheckedFile[]): [string, SealedFiles[string]][] {
  const file = buildSealPath(place);
  const bytes = measureFile(join(folder, file));
  try {
    const sealed = Object.entries(readSealed(folder, place));
    files.push({ file, bytes, problem: null });
    return sealed;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    files.push({ file, bytes, problem: error.message });
    return [];
  }
}

async function checkFile(
  folder: string,
  file: string,
  wanted: SealedFiles[string],
  options: { signal: AbortSignal; onRead: (bytes: number) => void },
): Promise<CheckedFile> {
  const path = join(folder, file);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return { file, bytes: 0, problem: 'is missing' };
  const { size: bytes } = status;
  if (bytes !== wanted.bytes) return { file, bytes, problem: `has ${bytes} bytes instead of ${wanted.bytes}` };
  try {
    const sha256 = await computeFingerprint(path, options);
    return { file, bytes, problem: sha256 === wanted.sha256 ? null : 'is not what it was: its content was changed or damaged' };
  } catch (error) {
    if (error instanceof AppError) throw error;
    return { file, bytes, problem: `cannot be read: ${(error as Error).message}` };
  }
}

/** What is looked at before a clone goes on from the memory, and does not follow from the content alone. */
async function addFrozen(folder: string, warmFolder: string, files: CheckedFile[]): Promise<void> {
  const add = (name: string, problem: string): void => {
    const file = join(warmFolder, name);
    const index = files.findIndex((one) => one.file === file);
    const row = files[index] ?? { file, bytes: measureFile(join(folder, file)), problem: null };
    if (row.problem === null) files.splice(index === -1 ? files.length : index, index === -1 ? 0 : 1, { ...row, problem });
  };
  try {
    const state = readWarmState(join(folder, warmFolder));
    const modified = statSync(join(folder, warmFolder, warmFile.memory), { throwIfNoEntry: false, bigint: true })?.mtimeNs;
    if (modified !== undefined && String(modified) !== state.memory.modifiedNs)
      add(warmFile.memory, 'was written to since it was frozen, by its time stamp');
    const reason = await findDevicesReason(state, join(folder, warmFolder)).catch(() => null);
    if (reason !== null) add(warmFile.devices, 'is damaged');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    add(warmFile.facts, 'cannot be used');
  }
}

function measureFile(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
