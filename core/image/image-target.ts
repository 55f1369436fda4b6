import { type Stats, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, normalize } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ImageFormat } from '../../contract/image.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { buildExistsError } from '../storage/put-in-place.ts';
import { lockFile } from './held-image.ts';
import { checkTargetPlace } from './image-place.ts';
import type { ImageTarget } from './qemu-img.ts';
import { openWorkshop, placeImage } from './workshop.ts';

/** A file that is to be made. */
export interface NewImage {
  readonly file: string;
  readonly format: ImageFormat;
  readonly mayReplace: boolean;
}

const formatOfEnding: Readonly<Record<string, ImageFormat>> = {
  '.qcow2': 'qcow2',
  '.qcow': 'qcow2',
  '.raw': 'raw',
  '.img': 'raw',
  '.vmdk': 'vmdk',
  '.vdi': 'vdi',
  '.vhdx': 'vhdx',
  '.vhd': 'vpc',
  '.vpc': 'vpc',
};

/** Judges where a new image is to be, before anything is made. Throws `invalid-input`, `file-exists`, `file-not-found`. */
export function checkNewImage(site: Site, path: string, format: ImageFormat | undefined, mayReplace: boolean): NewImage {
  if (!isAbsolute(path) || path.includes('\0') || path.endsWith('/')) {
    throw new AppError('invalid-input', `The new image has no absolute path: ${JSON.stringify(path)}`, {
      hint: 'Give the whole path, beginning with /.',
    });
  }
  const file = normalize(path);
  const chosen = format ?? formatOfEnding[extname(file).toLowerCase()];
  if (chosen === undefined) {
    throw new AppError('invalid-input', `The ending of ${file} does not tell which format it is to have.`, {
      hint: 'Name the format: qcow2, raw, vmdk, vdi, vhdx or vpc.',
    });
  }
  checkTargetPlace(site.store, file);
  if (findStatus(dirname(file))?.isDirectory() !== true) {
    throw new AppError('file-not-found', `There is no folder ${dirname(file)}.`, { hint: 'Make it first, or choose another.' });
  }
  const old = findStatus(file);
  if (old !== undefined && !old.isFile()) {
    throw new AppError('invalid-input', `${file} is not a file, so it cannot become an image.`, { hint: 'Choose another name.' });
  }
  if (old !== undefined && !mayReplace) throw buildExistsError(file);
  return { file, format: chosen, mayReplace };
}

/** Makes a new image under its lock: whole and synced, or not at all. */
export async function makeImage(
  site: Site,
  image: NewImage,
  operation: string,
  signal: AbortSignal,
  make: (path: string) => Promise<void>,
): Promise<void> {
  const lock = await lockFile(site, image.file, operation, signal);
  try {
    const workshop = openWorkshop(site.store.homes, image.file, null);
    try {
      await make(workshop.file);
      await placeImage(workshop, image);
    } finally {
      workshop.dispose();
    }
  } catch (error) {
    throw explainFileError(error, `${image.file} was not made`);
  } finally {
    await lock.release();
  }
}

/** How qemu-img is to write a format. A VHD would else get the size of the geometry nearest to the one asked for. */
export function buildTarget(format: ImageFormat, options: readonly string[] = []): ImageTarget {
  return { format, options: format === 'vpc' ? ['force_size=on', ...options] : options };
}

function findStatus(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
