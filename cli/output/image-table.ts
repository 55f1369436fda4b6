import type { Image, ImageRole } from '../../contract/image.ts';
import { formatBytes } from './format.ts';
import type { Paint, Style } from './style.ts';
import { buildTable, type Column } from './table.ts';

/** The table `bothy image list` prints: by machine and disk, what builds on another image after it, what nobody needs last. */
export function buildImageTable(images: readonly Image[], paint: Paint): string {
  const depths = new Map(images.map((image) => [image, countBelow(image, images)]));
  const rows = images.toSorted(
    (a, b) =>
      Number(a.machine === null) - Number(b.machine === null) ||
      (a.machine?.name ?? '').localeCompare(b.machine?.name ?? '') ||
      (a.machine?.id ?? '').localeCompare(b.machine?.id ?? '') ||
      Number(a.role === 'orphan') - Number(b.role === 'orphan') ||
      (a.device ?? '').localeCompare(b.device ?? '', 'en', { numeric: true }) ||
      (depths.get(a) ?? 0) - (depths.get(b) ?? 0) ||
      a.file.localeCompare(b.file),
  );
  return buildTable(columns, rows, paint);
}

const styles: Partial<Record<ImageRole, Style>> = { orphan: 'yellow', kept: 'yellow', unknown: 'red' };

const columns: readonly Column<Image>[] = [
  { heading: 'MACHINE', cell: (row) => row.machine?.name ?? '-' },
  { heading: 'DISK', cell: (row) => row.device ?? '-' },
  { heading: 'ROLE', cell: (row) => row.role, style: (row) => styles[row.role] ?? null },
  { heading: 'SNAPSHOT', cell: (row) => row.snapshots.map(({ name }) => name).join(', ') || '-' },
  { heading: 'FORMAT', cell: (row) => row.format },
  { heading: 'SIZE', align: 'right', cell: (row) => formatBytes(row.virtualSize) },
  { heading: 'USED', align: 'right', cell: (row) => formatBytes(row.actualSize) },
  { heading: 'FILE', cell: (row) => (row.problem === null ? row.file : `${row.file} (${row.problem})`) },
];

/** How many images are below one. */
function countBelow(image: Image, images: readonly Image[]): number {
  let depth = 0;
  for (let file = image.backingFile; file !== null && depth < images.length; depth += 1) {
    const wanted = file;
    file = images.find((one) => one.file === wanted)?.backingFile ?? null;
  }
  return depth;
}
