import type { Image, ImageFormat } from '../../../contract/image.ts';
import { findFolder, isSpare } from './group-images.ts';

/** The formats as people know them. */
export const formatWords: Readonly<Record<ImageFormat, string>> = {
  qcow2: 'qcow2',
  raw: 'raw',
  vmdk: 'VMDK',
  vdi: 'VDI',
  vhdx: 'VHDX',
  vpc: 'VHD',
};

/** The ending a file of the format usually has. */
export const formatEndings: Readonly<Record<ImageFormat, string>> = {
  qcow2: 'qcow2',
  raw: 'raw',
  vmdk: 'vmdk',
  vdi: 'vdi',
  vhdx: 'vhdx',
  vpc: 'vhd',
};

/** The path with the usual ending of another format. */
export function replaceEnding(file: string, format: ImageFormat): string {
  const known = Object.values(formatWords).map((word) => word.toLowerCase());
  const match = /\.([a-z0-9]+)$/i.exec(file);
  const ending = match?.[1]?.toLowerCase();
  if (match === null || ending === undefined || !(known.includes(ending) || ending === 'img')) return file;
  return `${file.slice(0, match.index)}.${formatEndings[format]}`;
}

/** The last part of a path. */
export function findName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What an image is called in its row and in the titles of dialogs. */
export function nameImage(image: Image): string {
  const { role, device, snapshots, file } = image;
  if (role === 'present' && device !== null) return device;
  if (snapshots.length > 0) return snapshots.map(({ name }) => name).join(', ');
  if (role !== 'shared') return findName(file);
  return listOtherUsers(image).length > 0 ? 'Shared layer' : 'Older layer';
}

/** The same with its machine, for what stands alone. */
export function nameFully(image: Image): string {
  const name = image.role !== 'present' && image.snapshots.length > 0 ? `“${nameImage(image)}”` : nameImage(image);
  return image.machine === null ? name : `${name} of ${image.machine.name}`;
}

/** What it is, in a few words. */
export function describeRole(image: Image): string {
  switch (image.role) {
    case 'present':
      return 'Written now';
    case 'snapshot':
      return image.snapshots.length === 1 ? 'Snapshot' : 'Snapshots';
    case 'shared':
      return 'Others build on it';
    case 'kept':
      return describeKept(findName(findFolder(image)));
    case 'orphan':
      return `Left over in ${image.machine?.name ?? 'a machine'}`;
    case 'unknown':
      return 'Its machine is broken';
    case 'outside':
      return 'Outside of Bothy';
  }
}

/** The folders are called by a machine's name and id, as docs/on-disk.md tells. */
function describeKept(folder: string): string {
  const [, machine, damaged] = /^(.+)-[0-9a-z]{12}(-damaged)?$/.exec(folder) ?? [];
  if (machine === undefined) return `Kept in ${folder}`;
  return damaged === undefined ? `Kept from ${machine}, which was deleted` : `Damaged original, of ${machine}`;
}

/** Who else has it in the chain of a disk. */
export function listOtherUsers({ usedBy, machine }: Image): Image['usedBy'] {
  return usedBy.filter(({ id }) => id !== machine?.id);
}

/** What can be done with an image. */
export function listImageVerbs(image: Image, all: readonly Image[]): readonly ImageVerb[] {
  const isThere = image.virtualSize !== null;
  const isPlain = image.format === 'qcow2' || image.format === 'raw';
  const isBuiltOn = all.some(({ backingFile }) => backingFile === image.file);
  const canGrow = isThere && isPlain && !isBuiltOn && (image.role === 'present' || image.role === 'kept');
  return [
    'info',
    ...(canGrow ? (['grow'] as const) : []),
    ...(isThere ? (['convert', 'check'] as const) : []),
    ...(isThere && isPlain ? (['compact'] as const) : []),
    ...(isSpare(image) ? (['delete'] as const) : []),
  ];
}

export type ImageVerb = 'info' | 'grow' | 'convert' | 'check' | 'compact' | 'delete';
