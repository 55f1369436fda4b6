import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ImageFormat, ImageResult } from '../../contract/image.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import type { TaskContext } from '../task/task-list.ts';
import { convertDisk } from './convert-disk.ts';
import { checkNotRunning, findPresentDisk, type HeldImage, holdImage, look } from './held-image.ts';
import { resolveImage } from './image-place.ts';
import { buildTarget, checkNewImage, makeImage, type NewImage } from './image-target.ts';
import { createQemuImg } from './qemu-img.ts';

/** What `image.convert` takes. */
export interface ConvertImageInput {
  readonly image: string;
  readonly to?: string | undefined;
  readonly format?: ImageFormat | undefined;
  readonly compress?: boolean | undefined;
  readonly force?: boolean | undefined;
}

/** Copies an image, with all it builds on, into a new and independent one; without a target, mends a machine's raw disk. */
export function convertImage(site: Site, input: ConvertImageInput, task: TaskContext): Promise<ImageResult> {
  if (input.to === undefined) return convertDisk(site, input.image, input.format, task);
  const target = checkNewImage(site, input.to, input.format, input.force === true);
  const isCompressed = input.compress === true;
  if (isCompressed && target.format !== 'qcow2') {
    throw new AppError('invalid-input', `A ${target.format} image cannot be compressed.`, { hint: 'Only qcow2 can.' });
  }
  const place = resolveImage(site.store, input.image);
  const copy = (image: HeldImage) => copyImage(site, image, target, isCompressed, task);
  const image = look(site, place, null, false);
  // QEMU's own locks keep what is read from being written, and a layer that is frozen from being merged, meanwhile. Only a
  // disk that its machine writes to is held, so that this machine does not fail to start with those.
  const isFrozen = image.entry === null || image.entry.role !== 'present';
  if (isFrozen) return copy(image);
  return holdImage(site, input.image, 'convert', task.signal, async (held) => {
    if (findPresentDisk(held) !== undefined) await checkNotRunning(site, held, 'copied');
    return copy(held);
  });
}

async function copyImage(
  site: Site,
  { file, layer }: HeldImage,
  target: NewImage,
  isCompressed: boolean,
  task: TaskContext,
): Promise<ImageResult> {
  const { signal } = task;
  const qemuImg = createQemuImg(site.host, site.environment);
  task.progress(0, 'Looking at the image');
  const virtualSize = await qemuImg.readVirtualSize(file, layer.format, signal);
  // How much is gained by compression nobody knows beforehand.
  if (!isCompressed) {
    checkFreeSpace(dirname(target.file), await qemuImg.measure(file, layer.format, { signal }), `Copying ${file}`);
  }
  const report = (fraction: number | null): void => task.progress(fraction, 'Copying the image');
  const form = { ...buildTarget(target.format), isCompressed, isExclusive: true };
  await makeImage(site, target, 'convert', signal, (path) => qemuImg.convert(file, layer.format, path, report, signal, form));
  return {
    file: target.file,
    format: target.format,
    virtualSize,
    actualSize: statSync(target.file).blocks * 512,
    notices: listNotices(layer.qcow2?.internalSnapshots ?? 0),
  };
}

function listNotices(internalSnapshots: number): string[] {
  if (internalSnapshots === 0) return [];
  const what = internalSnapshots === 1 ? 'a snapshot' : `${internalSnapshots} snapshots`;
  return [`The original holds ${what} inside itself, which the copy does not have.`];
}
