import { join } from 'node:path';
import type { DiskInfo, MachineConfiguration } from '../../contract/machine.ts';
import { readImageHeader } from './read-image-header.ts';

/** The disks of a machine as their files are now; a file that cannot be read is listed with the reason. Opens no lock. */
export function describeDisks(machine: MachineConfiguration, folder: string): DiskInfo[] {
  return machine.disks.map((disk) => {
    const file = join(folder, disk.file);
    const base = { device: disk.id, file, format: disk.format };
    try {
      const { virtualSize, actualSize, backingFile } = readImageHeader(file);
      return { ...base, virtualSize, actualSize, backingFile, problem: null };
    } catch (error) {
      return { ...base, virtualSize: null, actualSize: null, backingFile: null, problem: (error as Error).message };
    }
  });
}
