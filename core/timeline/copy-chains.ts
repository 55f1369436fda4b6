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
  const disks = layers.map(({ disk, path }) => {
    const chain = readOwnChain(path);
    const bytes = chain.reduce((sum, { actualSize }) => sum + actualSize, 0);
    const file = `${machineFile.disks}/${disk}.qcow2`;
    return { disk, path, file, target: join(folder, file), bytes, isWhole: chain.length === 1 };
  });
  const slow = disks.filter(({ path, target, isWhole }) => !isWhole || !copyByReference(path, target));
  const total = slow.reduce((sum, { bytes }) => sum + bytes, 0);
  checkFreeSpace(folder, total, `Copying the disks of “${change.name}”`);
  let done = 0;
  for (const { path, target, bytes } of slow) {
    const report = (fraction: number | null): void =>
      change.progress(total === 0 ? null : (done + bytes * (fraction ?? 0)) / total, 'Copying the disks');
    await qemuImg.convert(path, 'qcow2', target, report, change.signal);
    done += bytes;
  }
  await Promise.all(disks.map(({ target }) => syncFile(target)));
  syncFolder(join(folder, machineFile.disks));
  return disks.map(({ disk, file }) => ({ disk, file }));
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
