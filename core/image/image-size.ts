import { AppError } from '../../contract/app-error.ts';

const sectorBytes = 512;
const maxBytes = 64 * 1024 ** 4;

/** The size of a disk that was asked for, rounded up to whole sectors. Throws `invalid-input`. */
export function checkImageSize(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes > 0 && bytes <= maxBytes) return Math.ceil(bytes / sectorBytes) * sectorBytes;
  throw new AppError('invalid-input', `${bytes} bytes is not a possible size of a disk image.`, {
    hint: 'Choose a size from 512 bytes to 64 TiB.',
  });
}
