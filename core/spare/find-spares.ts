import { join } from 'node:path';
import { isSpare } from '../machine/find-machine.ts';
import type { MachineStore, StoredMachine } from '../machine/machine-store.ts';
import { machineFile } from '../storage/file-names.ts';
import { readSmallFile } from '../storage/read-small-file.ts';

/**
 * Clones of a template that wait for somebody, whoever keeps them, or are being made. Definitions are searched as text first: with
 * hundreds of machines, parsing all would take longer than the start of one.
 */
export function findSpares(store: MachineStore, templateId: string): StoredMachine[] {
  return store
    .listIds()
    .filter((id) => mayBeSpare(store.folderOf(id), templateId))
    .flatMap((id) => store.find(id) ?? [])
    .filter((stored) => isSpare(stored) && stored.definition?.origin?.id === templateId);
}

function mayBeSpare(folder: string, templateId: string): boolean {
  try {
    const text = readSmallFile(join(folder, machineFile.definition));
    return text.includes('"spareOf"') && text.includes(templateId);
  } catch {
    return false;
  }
}
