import type { ImageHeader } from './read-image-header.ts';

/** A disk image from outside: a whole file, or a part of one, as in an OVA. */
export interface PlacedImage {
  /** Absolute path of the file. */
  readonly path: string;
  /** Where in the file it lies, in bytes; null when it is the whole file. */
  readonly part: { readonly offset: number; readonly size: number } | null;
  /** What a person calls it. */
  readonly label: string;
}

/** What qemu-img opens, format and all, so that nothing is guessed: a whole file, or its part without a copy of it. */
export function buildImageName({ path, part }: PlacedImage, format: ImageHeader['format']): string {
  const file = { driver: 'file', filename: path };
  // Parts of a tar are padded to whole sectors, and QEMU takes only those.
  const place = part === null ? file : { driver: 'raw', offset: part.offset, size: Math.ceil(part.size / 512) * 512, file };
  return `json:${JSON.stringify({ driver: format, file: place })}`;
}
