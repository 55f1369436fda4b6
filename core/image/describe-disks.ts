import { join } from 'node:path';
import type { DiskInfo, MachineConfiguration } from '../../contract/machine.ts';
import { readLink } from './read-chain.ts';

/** The disks of a machine as their files are now; a file that cannot be read is listed with the reason. Opens no lock. */
export function describeDisks(machine: MachineConfiguration, folder: string): DiskInfo[] {
  return machine.disks.map((disk) => {
    const { file, layer, problem } = readLink(join(folder, disk.file), disk.format);
    return {
      device: disk.id,
      file,
      format: disk.format,
      virtualSize: layer?.virtualSize ?? null,
      actualSize: layer?.actualSize ?? null,
      backingFile: layer?.backing === null ? null : (layer?.backing.file ?? layer?.backing.name ?? null),
      problem,
    };
  });
}
