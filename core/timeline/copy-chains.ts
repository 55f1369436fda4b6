import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { createQemuImg } from '../image/qemu-img.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { machineFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import type { TimelineChange } from './change-timeline.ts';
import { readOwnChain } from './own-layer.ts';

/**
 * Copies disks that nobody writes to into a folder, each as one file that needs no other: at once where the file system
 * copies by reference (Btrfs, XFS), else with progress.
 */
export async function copyChains(
  change: TimelineChange,
  layers: readonly { readonly disk: string; readonly path: string }[],
  folder: string,
): Promise<{ disk: string; file: string }[]> {
  const qemuImg = createQemuImg(change.site.host, change.site.environment);
  const chains = layers.map(({ disk, path }) => ({ disk, path, chain: readOwnChain(path) }));
  const sizes = chains.map(({ chain }) => chain.reduce((sum, { actualSize }) => sum + actualSize, 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  const copies: { disk: string; file: string }[] = [];
  for (const [index, { disk, path, chain }] of chains.entries()) {
    const file = `${machineFile.disks}/${disk}.qcow2`;
    const target = join(folder, file);
    const bytes = sizes[index] ?? 0;
    if (chain.length > 1 || !copyByReference(path, target)) {
      checkFreeSpace(folder, bytes, `Copying the disks of “${change.name}”`);
      const report = (fraction: number | null): void =>
        change.progress(total === 0 ? null : (done + bytes * (fraction ?? 0)) / total, 'Copying the disks');
      await qemuImg.convert(path, 'qcow2', target, report, change.signal);
    }
    await syncFile(target);
    done += bytes;
    copies.push({ disk, file });
  }
  syncFolder(join(folder, machineFile.disks));
  return copies;
}

/** False where the file system cannot: what it then says differs from one to the next. */
function copyByReference(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (['ENOSPC', 'EDQUOT', 'EEXIST', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}
