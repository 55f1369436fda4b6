import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { savedFile } from '../storage/file-names.ts';
import { readSavedState, type SavedMemory, writeSavedState } from '../timeline/saved-state.ts';
import { type CleanTarget, cleanConfiguration } from './clean-configuration.ts';

/** A folder of a snapshot or of a suspended machine, unpacked in a workshop. */
export interface SavedFolder {
  /** The workshop. */
  readonly folder: string;
  /** Relative to it. */
  readonly name: string;
  /** How notices and errors call it. */
  readonly where: string;
  /** Whether the machine it was exported from is here as well. */
  readonly isTwin: boolean;
  /** Whether it has UEFI variables of its own, as a snapshot does. */
  readonly isSnapshot: boolean;
  /** The format of each of its disks, by id. */
  readonly formats: ReadonlyMap<string, 'qcow2' | 'raw'>;
}

/**
 * Makes what a folder saved safe to go on from on this host: `saved.json` is written anew. With memory its UUID and MAC
 * address stay, since the guest knows them.
 */
export function adoptSaved(
  { folder, name, where, isTwin, isSnapshot, formats }: SavedFolder,
  machine: MachineConfiguration,
  target: CleanTarget,
): void {
  const path = join(folder, name);
  const state = readSaved(path, where, target);
  const cleaned = cleanConfiguration(state.configuration, where, target);
  // Two machines cannot share them.
  const clean = isTwin ? { ...cleaned, network: { ...cleaned.network, ports: [] } } : cleaned;
  const { id, name: machineName, uuid } = machine;
  const identity = state.memory === null ? { uuid, network: { ...clean.network, mac: machine.network.mac } } : {};
  const configuration = { ...clean, ...identity, id, name: machineName };
  // A disk that the guest may write as raw could be given a header, and must never be opened as anything else later.
  const { disks } = configuration;
  if (disks.length !== formats.size || disks.some((disk) => formats.get(disk.id) !== disk.format)) {
    throw target.refuse(`${where} has other disks than its layers`);
  }
  const needed = [
    ...(configuration.nvram !== null && isSnapshot ? [savedFile.nvram] : []),
    ...(state.memory === null ? [] : [savedFile.memory]),
  ];
  const missing = needed.find((file) => !target.files.has(`${name}/${file}`));
  if (missing !== undefined) throw target.refuse(`${missing} of ${where} is missing`);
  if (state.memory !== null && statSync(join(path, savedFile.memory)).size !== state.memory.bytes) {
    throw target.refuse(`the memory of ${where} has not the length it should have`);
  }
  writeSavedState(path, {
    ...state,
    configuration,
    memory: state.memory === null ? null : adoptMemory(state.memory, where, target),
  });
}

function readSaved(path: string, where: string, { refuse }: CleanTarget) {
  try {
    return readSavedState(path);
  } catch (error) {
    throw refuse(`what ${where} saved cannot be read (${(error as Error).message})`);
  }
}

/** The firmware is chosen by this host when it goes on; its content comes with the memory. */
function adoptMemory(memory: SavedMemory, where: string, { notices, refuse }: CleanTarget): SavedMemory {
  const { launch, accelerator } = memory;
  if (!/^[A-Za-z0-9._-]+(,[+-]?[A-Za-z0-9._-]+(=[A-Za-z0-9._-]+)?)*$/.test(launch.cpu)) {
    throw refuse(`${where} wants the CPU ${JSON.stringify(launch.cpu)}`);
  }
  if (accelerator === 'kvm') notices.add(`The memory of ${where} goes on only on a processor like the one it was saved on.`);
  return { ...memory, launch: { ...launch, firmwareCode: null } };
}
