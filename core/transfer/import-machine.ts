import { AppError } from '../../contract/app-error.ts';
import type { ImportInput } from '../../contract/transfer.ts';
import { createMachine } from '../create/create-machine.ts';
import { checkFree } from '../machine/claim-name.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { Site } from '../machine/site.ts';
import type { TaskContext } from '../task/task-list.ts';
import { findFreeName } from './choose-name.ts';
import { type ImportedMachine, importArchive } from './import-archive.ts';
import { judgeFile, readForeign } from './read-foreign.ts';

/** Makes a machine of a file that Bothy or another program exported. */
export async function importMachine(site: Site, input: ImportInput, task: TaskContext): Promise<ImportedMachine> {
  const { file: path, name, firmware, bus } = input;
  checkReadableFile(path, 'The file');
  if (name !== undefined) checkFree(site, name, '');
  if (judgeFile(path) !== 'archive') return importForeign(site, input, task);
  if (firmware !== undefined || bus !== undefined) {
    throw new AppError('invalid-input', `${path} tells the firmware and the disk bus itself.`, {
      hint: 'Leave them out; they are for what other programs made.',
    });
  }
  return importArchive(site, path, name, task);
}

async function importForeign(
  site: Site,
  { file: path, name, firmware, bus }: ImportInput,
  task: TaskContext,
): Promise<ImportedMachine> {
  const foreign = await readForeign(path, task);
  const taken = new Set(site.store.list().map((machine) => machine.name));
  const choices = { ...(firmware === undefined ? {} : { firmware }), ...(bus === undefined ? {} : { bus }) };
  const input = { name: name ?? findFreeName(foreign.name, taken), source: { type: 'image', path } as const, ...choices };
  return createMachine(site, input, task, foreign);
}
