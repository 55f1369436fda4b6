import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import { savedFile } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import type { SourceMemory } from './copy-source.ts';
import { makeGeneration } from './layer-names.ts';
import { writeSavedState } from './saved-state.ts';

/**
 * Puts memory where a suspended machine has it, so that the next start of a machine in the making goes on from it. `saved` is the
 * configuration of the QEMU it was saved of. Gives the definition that says so.
 */
export function adoptMemory(
  workshop: string,
  placed: MachineDefinition,
  saved: MachineConfiguration,
  { file, facts }: Pick<SourceMemory, 'file' | 'facts'>,
): MachineDefinition {
  const name = `suspended-${makeGeneration()}`;
  const folder = join(workshop, name);
  mkdirSync(folder, { mode: 0o700 });
  linkOrCopy(file, join(folder, savedFile.memory));
  const { id, name: called, uuid, kernel, network, createdAt } = placed;
  // The kernel too: it may have a copy of its own, and the one it was saved with go with its original.
  const configuration = { ...saved, id, name: called, uuid, kernel, network: { ...saved.network, mac: network.mac } };
  writeSavedState(folder, { schemaVersion: 1, savedAt: createdAt, configuration, memory: facts });
  syncFolder(folder);
  return { ...placed, timeline: { ...placed.timeline, memory: name } };
}

/** Both have the file then, which neither changes. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!['EXDEV', 'EPERM', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(from, to);
  }
}
