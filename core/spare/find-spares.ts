import { isSpare } from '../machine/find-machine.ts';
import type { MachineStore, StoredMachine } from '../machine/machine-store.ts';

/** Clones of a template that wait for somebody, whoever keeps them, or are being made. */
export function findSpares(store: MachineStore, templateId: string): StoredMachine[] {
  return store
    .listMentioning('"spareOf"', templateId)
    .filter((stored) => isSpare(stored) && stored.definition?.origin?.id === templateId);
}
