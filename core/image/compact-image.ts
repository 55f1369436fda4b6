import { dirname } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CompactResult } from '../../contract/image.ts';
import { recordActivity } from '../machine/activity.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { formatBytes } from '../storage/format-bytes.ts';
import { syncFile } from '../storage/sync-file.ts';
import type { TaskContext } from '../task/task-list.ts';
import { checkNotRunning, type HeldImage, holdImage } from './held-image.ts';
import { lockUsers } from './lock-users.ts';
import type { Qcow2Header } from './qcow2-header.ts';
import { createQemuImg, type ImageTarget, type QemuImg } from './qemu-img.ts';
import { readLayer } from './read-layer.ts';
import { openWorkshop, placeImage, type Workshop } from './workshop.ts';

/** A gain below this is not worth another file. */
const worthwhileBytes = 1024 ** 2;

/**
 * Rewrites an image without the space it does not need: clusters the guest gave back or filled with zeros, and leaks. The
 * content stays the same, so layers of snapshots are compacted too. What it builds on is left as it is.
 */
export function compactImage(site: Site, reference: string, task: TaskContext): Promise<CompactResult> {
  return holdImage(site, reference, 'compact', task.signal, async (image) => {
    checkCompactable(image);
    await checkNotRunning(site, image, 'compacted');
    const { file, layer, lockId, place } = image;
    const qemuImg = createQemuImg(site.host, site.environment);
    task.progress(0, 'Looking at the image');
    const needed = await qemuImg.measure(file, layer.format, { isAlone: true, signal: task.signal });
    checkFreeSpace(dirname(file), needed, `Compacting ${file}`);
    const workshop = openWorkshop(site.store.homes, file, place.kind === 'outside' ? null : lockId);
    try {
      await writeCompacted(qemuImg, image, workshop, task);
      await syncFile(workshop.file);
      const actualSizeBefore = layer.actualSize;
      const { actualSize } = readLayer(workshop.file, layer.format);
      const freedBytes = actualSizeBefore - actualSize;
      if (freedBytes < worthwhileBytes) return { file, actualSizeBefore, actualSize: actualSizeBefore, freedBytes: 0 };
      task.progress(1, 'Putting it into its place');
      await lockUsers(site, image, 'compact', task.signal, () => placeImage(workshop, { mayReplace: true }));
      if (image.machine !== null) {
        recordActivity(image.machine.stored.folder, 'COMPACT', `An image was compacted, ${formatBytes(freedBytes)} freed`);
        site.store.announce(image.machine.stored.id);
      }
      return { file, actualSizeBefore, actualSize, freedBytes };
    } finally {
      workshop.dispose();
    }
  });
}

async function writeCompacted(
  qemuImg: QemuImg,
  { file, layer }: HeldImage,
  workshop: Workshop,
  { signal, progress }: TaskContext,
): Promise<void> {
  const { format, backing, qcow2 } = layer;
  const report = (fraction: number | null): void => progress(fraction, 'Writing it anew');
  if (qcow2 === null) {
    await qemuImg.convert(file, format, workshop.file, report, signal, { format, isExclusive: true });
    return;
  }
  const counts = await qemuImg.check(file, format, { signal });
  if (counts !== undefined && counts.corruptions + counts.checkErrors > 0) {
    throw new AppError('image-invalid', `${file} is damaged, so it is not compacted.`, {
      hint: 'See `bothy image check`, which can also repair it.',
    });
  }
  // A compressed image would grow by being written anew.
  const isCompressed = counts !== undefined && counts.compressedClusters > counts.allocatedClusters / 2;
  const target: ImageTarget = { format, isCompressed, isExclusive: true, options: listOptions(qcow2) };
  if (backing?.file == null || backing.format === null) {
    await qemuImg.convert(file, format, workshop.file, report, signal, target);
    return;
  }
  const below = { file: backing.file, format: backing.format };
  await qemuImg.convert(file, format, workshop.file, report, signal, { ...target, backing: below });
  // As it was: relative to where the image will be.
  await qemuImg.renameBacking(workshop.file, backing.name, signal, backing.format);
}

/** What the new file is to have of the old one. */
function listOptions(header: Qcow2Header): string[] {
  return [
    `compat=${header.version >= 3 ? '1.1' : '0.10'}`,
    `cluster_size=${header.clusterBytes}`,
    ...(header.hasExtendedL2 ? ['extended_l2=on'] : []),
    ...(header.compression === 'zstd' ? ['compression_type=zstd'] : []),
  ];
}

/** Refuses what would lose something by being written anew. */
function checkCompactable({ file, layer: { format, qcow2 } }: HeldImage): void {
  const refuse = (why: string, hint: string): never => {
    throw new AppError('invalid-input', `${file} cannot be compacted: ${why}.`, { hint });
  };
  if (format !== 'qcow2' && format !== 'raw') {
    refuse(`its format is ${format}`, 'Only qcow2 and raw images can; converting it to another file has the same effect.');
  }
  if (qcow2 === null) return;
  if (qcow2.internalSnapshots > 0) {
    refuse('it holds snapshots inside itself, which would be lost', 'Delete those first: qemu-img snapshot -d NAME');
  }
  if (qcow2.isEncrypted) refuse('it is encrypted', 'Its key would be needed.');
  if (qcow2.hasBitmaps) {
    refuse('it holds bitmaps of a backup program, which would be lost', 'Remove those first: qemu-img bitmap --remove');
  }
}
