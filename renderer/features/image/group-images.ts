import type { Image } from '../../../contract/image.ts';
import { type ChainRow, layoutChains } from './layout-chain.ts';

/** A line of the page. */
export type ImageLine =
  | { readonly type: 'machine'; readonly key: string; readonly id: string; readonly name: string; readonly bytes: number }
  | { readonly type: 'image'; readonly key: string; readonly row: ChainRow<Image>; readonly lanes: number }
  /** Where the chain goes on among the images of another machine. */
  | {
      readonly type: 'link';
      readonly key: string;
      readonly target: Image | null;
      readonly file: string;
      readonly lane: number;
      readonly lanes: number;
    }
  | { readonly type: 'spare'; readonly key: string; readonly count: number; readonly bytes: number };

/** Whether nothing needs an image. */
export function isSpare({ role }: Image): boolean {
  return role === 'orphan' || role === 'kept';
}

/** What the images take on this host. */
export function sumBytes(images: readonly Image[]): number {
  return images.reduce((sum, { actualSize }) => sum + actualSize, 0);
}

/** What builds on another goes before that one. */
export function sortForDeletion(images: readonly Image[]): readonly Image[] {
  const left = [...images];
  const sorted: Image[] = [];
  while (left.length > 0) {
    const at = left.findIndex(({ file }) => !left.some(({ backingFile }) => backingFile === file));
    sorted.push(...left.splice(Math.max(0, at), 1));
  }
  return sorted;
}

/** The images that have every word of a text in their machine, snapshots, disk, format or file name. */
export function filterImages(images: readonly Image[], text: string): readonly Image[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return images;
  return images.filter(({ machine, device, snapshots, usedBy, format, role, file }) => {
    const names = [...snapshots, ...usedBy].map(({ name }) => name);
    const haystack = [machine?.name, device, ...names, format, role, file.split('/').at(-1)].join(' ').toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}

/** The lines of the page: by machine, each disk's chain drawn; what nothing needs comes last. */
export function buildLines(images: readonly Image[], all: readonly Image[] = images): readonly ImageLine[] {
  const byFile = new Map(all.map((image) => [image.file, image]));
  const groups = new Map<string, Image[]>();
  for (const image of images) {
    if (image.machine === null || isSpare(image)) continue;
    const group = groups.get(image.machine.id);
    if (group === undefined) groups.set(image.machine.id, [image]);
    else group.push(image);
  }
  const machines = [...groups].map(([id, group]) => ({ id, name: group[0]?.machine?.name ?? id, group }));
  machines.sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
  const lines = machines.flatMap(({ id, name, group }): ImageLine[] => [
    { type: 'machine', key: id, id, name, bytes: sumBytes(group) },
    ...buildRows(group, byFile, ({ device }) => device ?? '\uffff'),
  ]);
  const spare = images.filter(isSpare);
  if (spare.length === 0) return lines;
  return [
    ...lines,
    { type: 'spare', key: 'spare', count: spare.length, bytes: sumBytes(spare) },
    ...buildRows(spare, byFile, findFolder),
  ];
}

/** The folder a file is in. */
export function findFolder({ file }: Pick<Image, 'file'>): string {
  return file.slice(0, file.lastIndexOf('/'));
}

/** Part by part, such as disk by disk, so that the chains of several do not run beside each other. */
function buildRows(
  group: readonly Image[],
  byFile: ReadonlyMap<string, Image>,
  findPart: (image: Image) => string,
): readonly ImageLine[] {
  const parts = [...new Set(group.map(findPart))].toSorted(collator.compare);
  return parts.flatMap((part) => {
    const images = group.filter((image) => findPart(image) === part).toSorted((a, b) => collator.compare(a.file, b.file));
    const rows = layoutChains(images, ({ role }) => role === 'present');
    const lanes = Math.max(...rows.map(({ lane, joins }) => Math.max(lane, ...joins))) + 1;
    const files = new Set(images.map(({ file }) => file));
    return rows.flatMap((row): ImageLine[] => {
      const line: ImageLine = { type: 'image', key: row.image.file, row, lanes };
      const { backingFile } = row.image;
      if (backingFile === null || files.has(backingFile)) return [line];
      const target = byFile.get(backingFile) ?? null;
      return [line, { type: 'link', key: `${row.image.file} below`, target, file: backingFile, lane: row.lane, lanes }];
    });
  });
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
