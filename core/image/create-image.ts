import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ImageFormat, ImageResult } from '../../contract/image.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import type { TaskContext } from '../task/task-list.ts';
import { checkImageSize } from './image-size.ts';
import { buildTarget, checkNewImage, makeImage } from './image-target.ts';
import { createQemuImg } from './qemu-img.ts';

/** What `image.create` takes. */
export interface CreateImageInput {
  readonly file: string;
  readonly size: number;
  readonly format?: ImageFormat | undefined;
  readonly preallocate?: boolean | undefined;
  readonly force?: boolean | undefined;
}

/** Makes an empty image, which takes room only as it fills unless all of it is reserved at once. */
export async function createImage(site: Site, input: CreateImageInput, task: TaskContext): Promise<ImageResult> {
  const image = checkNewImage(site, input.file, input.format, input.force === true);
  const size = checkImageSize(input.size);
  const isPreallocated = input.preallocate === true;
  if (isPreallocated) {
    checkPreallocation(image.format);
    checkFreeSpace(dirname(image.file), size, `Making ${image.file}`);
  }
  task.progress(null, 'Making the image');
  const target = buildTarget(image.format, isPreallocated ? ['preallocation=falloc'] : []);
  const qemuImg = createQemuImg(site.host, site.environment);
  await makeImage(site, image, 'create image', task.signal, (path) => qemuImg.create(path, size, task.signal, target));
  const { file, format } = image;
  return { file, format, virtualSize: size, actualSize: statSync(file).blocks * 512, notices: [] };
}

/** Throws `invalid-input` for the formats whose space QEMU cannot reserve. */
export function checkPreallocation(format: string): void {
  if (format === 'qcow2' || format === 'raw') return;
  throw new AppError('invalid-input', `The space of a ${format} image cannot be reserved beforehand.`, {
    hint: 'Only qcow2 and raw images can have it.',
  });
}
