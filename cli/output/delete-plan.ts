import type { DeletePlan } from '../../contract/snapshot.ts';
import { escapeText } from './escape-text.ts';
import { formatBytes } from './format.ts';
import type { Paint } from './style.ts';
import { buildTable, type Column } from './table.ts';

/** What `bothy snapshot delete --dry-run` prints: the snapshots, what becomes of each file, and how much that frees. */
export function buildDeletePlanText(plan: DeletePlan, paint: Paint): string {
  const rows: readonly Row[] = [
    ...plan.removed.map(({ file, bytes }) => ({ fate: 'removed', file, bytes, what: '' })),
    ...plan.merged.map(({ file, into, bytes }) => ({ fate: 'merged', file, bytes, what: `into ${into}` })),
    ...plan.kept.map(({ file, bytes, neededBy }) => ({ fate: 'kept', file, bytes, what: `needed by ${neededBy}` })),
  ];
  const freed = plan.freedBytes === 0 ? 'This would free nothing.' : `This would free ${formatBytes(plan.freedBytes)}.`;
  const merging = plan.merged.length > 0 ? ' Merging copies the size given, at most; the machine may run meanwhile.' : '';
  return `Would delete ${listNames(plan)}.\n\n${buildTable(columns, rows, paint)}\n${freed}${merging}\n`;
}

/** `“before”, “after”` */
export function listNames({ snapshots }: DeletePlan): string {
  return snapshots.map(({ name }) => `“${escapeText(name)}”`).join(', ');
}

interface Row {
  readonly fate: string;
  readonly file: string;
  readonly bytes: number;
  readonly what: string;
}

const columns: readonly Column<Row>[] = [
  { heading: 'FATE', cell: ({ fate }) => fate, style: ({ fate }) => (fate === 'kept' ? 'yellow' : null) },
  { heading: 'SIZE', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  { heading: 'FILE', cell: ({ file }) => file },
  { heading: '', cell: ({ what }) => what },
];
