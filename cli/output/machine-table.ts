import type { MachineState, MachineSummary } from '../../contract/machine.ts';
import { formatMemory, formatTime } from './format.ts';
import type { Paint, Style } from './style.ts';
import { buildTable, type Column } from './table.ts';

/** The table `bothy list` prints, sorted by name. */
export function buildMachineTable(machines: readonly MachineSummary[], paint: Paint): string {
  const sorted = machines.toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  return buildTable(machines.some(({ throwaway }) => throwaway) ? [...columns, life] : columns, sorted, paint);
}

const stateStyles: Record<MachineState, Style | null> = {
  off: 'dim',
  starting: 'cyan',
  running: 'green',
  paused: 'yellow',
  suspended: 'yellow',
  crashed: 'red',
  broken: 'red',
};

const columns: readonly Column<MachineSummary>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'STATE', cell: (row) => row.state, style: (row) => stateStyles[row.state] },
  { heading: 'ACCELERATOR', cell: (row) => row.accelerator ?? '-' },
  { heading: 'MEMORY', align: 'right', cell: (row) => formatMemory(row.memoryMiB) },
  { heading: 'CPUS', align: 'right', cell: (row) => (row.cpus === null ? '-' : String(row.cpus)) },
  { heading: 'ID', cell: (row) => row.id },
  { heading: 'TAGS', cell: (row) => row.tags.join(',') },
];

/** Only where there are some: when they end. */
const life: Column<MachineSummary> = {
  heading: 'THROWAWAY',
  cell: ({ throwaway, expiresAt }) =>
    throwaway ? (expiresAt === undefined ? 'until off' : `until ${formatTime(expiresAt)}`) : '-',
};

/** The same order on every host, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
