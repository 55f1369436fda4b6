import type { DiskInfo } from '../../contract/machine.ts';
import { formatBytes } from './format.ts';
import type { Paint } from './style.ts';
import { buildTable, type Column } from './table.ts';

/** The table `bothy disks` prints. */
export function buildDiskTable(disks: readonly DiskInfo[], paint: Paint): string {
  return buildTable(columns, disks, paint);
}

const columns: readonly Column<DiskInfo>[] = [
  { heading: 'DEVICE', cell: (row) => row.device },
  { heading: 'FORMAT', cell: (row) => row.format },
  { heading: 'SIZE', align: 'right', cell: (row) => formatBytes(row.virtualSize) },
  { heading: 'USED', align: 'right', cell: (row) => formatBytes(row.actualSize) },
  { heading: 'FILE', cell: (row) => (row.problem === null ? row.file : `${row.file} (${row.problem})`) },
  { heading: 'BACKING FILE', cell: (row) => row.backingFile ?? '-' },
];
