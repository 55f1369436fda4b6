import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { Layer } from '../../contract/timeline.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { machineFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import type { TimelineChange } from './change-timeline.ts';
import { isInside } from './layer-graph.ts';
import { type OwnLayer, readOwnChain } from './own-layer.ts';

/**
 * Copies the layers that a throwaway has of its own, which are small, since nothing may build on what is soon gone; those of its
 * template stay below. Layers name each other relative to their folder, so the copies do too. Nobody writes to them meanwhile.
 */
export async function copyOwnLayers(
  change: TimelineChange,
  layers: readonly { readonly disk: string; readonly path: string }[],
  workshop: string,
): Promise<Layer[]> {
  const own = new Map<string, OwnLayer>();
  for (const { path } of layers) {
    for (const layer of readOwnChain(path)) if (isInside(change.folder, layer.path)) own.set(layer.path, layer);
  }
  const bytes = [...own.values()].reduce((sum, { actualSize }) => sum + actualSize, 0);
  checkFreeSpace(workshop, bytes, `A copy of what “${change.name}” wrote`);
  for (const path of own.keys()) {
    if (change.signal?.aborted === true) throw new AppError('cancelled', `Copying “${change.name}” was cancelled.`);
    const target = join(workshop, relative(change.folder, path));
    await copyFile(path, target, constants.COPYFILE_FICLONE);
    await syncFile(target);
  }
  syncFolder(join(workshop, machineFile.disks));
  return layers.map(({ disk, path }) => ({ disk, file: relative(change.folder, path) }));
}
