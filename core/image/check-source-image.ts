import { AppError } from '../../contract/app-error.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { PlacedImage } from './placed-image.ts';
import { type ImageHeader, isOpticalImage, readImageHeader } from './read-image-header.ts';

/** Refuses what is not a CD or DVD image. */
export function checkOpticalImage(path: string): void {
  checkReadableFile(path, 'The ISO image');
  if (isOpticalImage(path)) return;
  throw new AppError('image-invalid', `${path} is not an ISO image: it has no CD or DVD file system.`, {
    hint: 'If it is a disk image, use it as such (source “disk image”). A broken download shows like this too: check its checksum.',
  });
}

/** Refuses what is not a disk image, and what names other files. */
export function checkDiskImage(image: PlacedImage): ImageHeader {
  const header = checkReferences(image);
  if (!header.isRecognised) {
    throw new AppError('image-invalid', `${image.label} is not a disk image: no known format, partition table or file system.`, {
      hint: 'Known are qcow2, raw, vmdk, vdi, vhdx and vpc.',
    });
  }
  return header;
}

/** Refuses what names other files: they could be any file of yours. */
export function checkReferences({ path, part, label }: PlacedImage): ImageHeader {
  checkReadableFile(path, 'The disk image');
  const header = readImageHeader(path, part);
  if (header.reference === null) return header;
  throw new AppError('image-unsafe', `${label} is refused, because ${header.reference}.`, {
    hint: `An image from outside could name any file of yours. If you trust it, make it whole first: qemu-img convert -O qcow2 '${path}' whole.qcow2`,
  });
}
