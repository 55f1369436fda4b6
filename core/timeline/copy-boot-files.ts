import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { machineFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { isInside } from './layer-graph.ts';

/**
 * Gives a clone its own copy of the kernel and initial file system that lie in its original's folder, as those of an imported
 * machine do: the original may be deleted. `workshop` is where the clone is made, `folder` where it will be.
 */
export async function copyBootFiles(
  from: string,
  workshop: string,
  folder: string,
  kernel: MachineConfiguration['kernel'],
): Promise<MachineConfiguration['kernel']> {
  if (kernel === null) return null;
  const copy = async (path: string): Promise<string> => {
    if (!isInside(from, path)) return path;
    mkdirSync(join(workshop, machineFile.boot), { recursive: true, mode: 0o700 });
    const target = join(machineFile.boot, basename(path));
    copyFileSync(path, join(workshop, target), constants.COPYFILE_FICLONE);
    await syncFile(join(workshop, target));
    return join(folder, target);
  };
  return {
    ...kernel,
    kernel: await copy(kernel.kernel),
    initrd: kernel.initrd === null ? null : await copy(kernel.initrd),
  };
}
