import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import type { Host } from '../host/host.ts';
import { savedFile } from '../storage/file-names.ts';
import { readSavedState, type SavedMemory } from './saved-state.ts';

/** What a start that goes on from saved memory needs. */
export interface ResumePlan {
  /** As the saved QEMU was started, with the disks, ports and medium the machine has now. */
  readonly configuration: MachineConfiguration;
  readonly memory: SavedMemory;
  /** The file QEMU reads, absolute. */
  readonly file: string;
}

/** Undefined for a machine that starts afresh. Throws `image-invalid` when what it is to go on from is damaged. */
export function findResumePlan(folder: string, machine: MachineDefinition): ResumePlan | undefined {
  if (machine.timeline.memory === null) return undefined;
  const from = join(folder, machine.timeline.memory);
  const { configuration, memory } = readSavedState(from);
  const file = join(from, savedFile.memory);
  if (memory === null) throw buildDamaged(machine, `${from} holds no memory`);
  const { disks, nvram, tpm, cdrom, network, name, id } = machine;
  checkMemoryFile(machine.name, file, memory);
  const files = new Map(disks.map((disk) => [disk.id, disk.file]));
  return {
    configuration: {
      ...configuration,
      id,
      name,
      nvram,
      tpm,
      cdrom,
      disks: configuration.disks.map((disk) => ({ ...disk, file: files.get(disk.id) ?? disk.file })),
      network: { ...configuration.network, ports: network.ports },
    },
    memory,
    file,
  };
}

/**
 * Throws `accelerator-unavailable` when the memory was saved with KVM and that does not work here: no other can go on from
 * it. Somebody who forced KVM although it failed its test has it as long as there is KVM at all.
 */
export async function checkAccelerator(
  host: Host,
  { configuration, memory }: Pick<ResumePlan, 'configuration'> & { readonly memory: SavedMemory | null },
): Promise<void> {
  if (memory?.accelerator !== 'kvm') return;
  const { usable, reason, message } = await host.kvm();
  const isForced = configuration.accelerator === 'kvm' && reason !== 'no-device' && reason !== 'no-permission';
  if (usable || isForced) return;
  throw new AppError('accelerator-unavailable', `Memory that was saved with KVM goes on only with it. ${message}`, {
    hint: 'The disks can be used without it: `bothy kill NAME`, then `bothy start NAME`, for a suspended machine; `bothy clone NAME NEW --snapshot SNAPSHOT` for a snapshot.',
  });
}

/** A cut state file is found before anything is given up for it. Throws `image-invalid`. */
export function checkMemoryFile(machineName: string, file: string, { bytes }: SavedMemory): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === bytes) return;
  const what = size === undefined ? `${file} is missing` : `${file} has ${size} bytes instead of ${bytes}`;
  throw buildDamaged({ name: machineName }, what);
}

function buildDamaged({ name }: { name: string }, what: string): AppError {
  return new AppError('image-invalid', `The saved memory of “${name}” cannot be used: ${what}.`, {
    hint: 'Throw the memory away to start from the disks: `bothy kill NAME`, then `bothy start NAME`.',
  });
}
