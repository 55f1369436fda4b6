import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import { machineFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { isInside } from './layer-graph.ts';

/**
 * Gives a clone its own copy of the kernel and initial file system that its original starts and that may go: those that lie in the
 * original's folder, as those of an imported machine do; for a template, which is to start for good, all of them. `workshop` is where the
 * clone is made, `folder` where it will be.
 */
export async function copyBootFiles(
  from: string,
  workshop: string,
  folder: string,
  { kernel, template }: Pick<MachineDefinition, 'kernel' | 'template'>,
): Promise<MachineDefinition['kernel']> {
  if (kernel === null) return null;
  const copy = async (path: string, name: string): Promise<string> => {
    if (template === null && !isInside(from, path)) return path;
    mkdirSync(join(workshop, machineFile.boot), { recursive: true, mode: 0o700 });
    const target = join(machineFile.boot, name);
    copyFileSync(path, join(workshop, target), constants.COPYFILE_FICLONE);
    await syncFile(join(workshop, target));
    return join(folder, target);
  };
  return {
    ...kernel,
    kernel: await copy(kernel.kernel, 'kernel'),
    initrd: kernel.initrd === null ? null : await copy(kernel.initrd, 'initrd'),
  };
}
