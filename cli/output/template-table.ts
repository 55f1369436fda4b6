import type { TemplateInfo } from '../../contract/template.ts';
import { formatBytes, formatMemory } from './format.ts';
import type { Paint, Style } from './style.ts';
import { buildTable, type Column } from './table.ts';

/** The table `bothy template list` prints, sorted by name. */
export function buildTemplateTable(templates: readonly TemplateInfo[], paint: Paint): string {
  return buildTable(columns, sort(templates), paint);
}

/** Why templates that are wanted warm are not, or cannot be used, and what helps. */
export function listTemplateNotes(templates: readonly TemplateInfo[]): string[] {
  return sort(templates).flatMap(({ name, warmth, reason, needsReadiness, readyProblem }) => {
    const notReady = readyProblem === null || warmth !== 'warm' ? [] : [`none of ${name} could be made to wait: ${readyProblem}`];
    if (warmth === 'damaged')
      return [`nothing can be made of ${name}: ${reason}; restore the file, and see: bothy template check ${name}`];
    if (warmth !== 'went-cold' || reason === null) return notReady;
    const command = `bothy template rebuild ${name}${needsReadiness ? ' --wait-for agent' : ''}`;
    return [`what is made of ${name} boots: ${reason}; warm it again with: ${command}`];
  });
}

function sort(templates: readonly TemplateInfo[]): TemplateInfo[] {
  return templates.toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
}

const styles: Partial<Record<TemplateInfo['warmth'], Style>> = {
  warm: 'green',
  'went-cold': 'yellow',
  warming: 'cyan',
  damaged: 'red',
};

const columns: readonly Column<TemplateInfo>[] = [
  { heading: 'NAME', cell: (row) => row.name },
  { heading: 'START', cell: (row) => row.warmth, style: (row) => styles[row.warmth] ?? null },
  { heading: 'READY', cell: describeReady, style: (row) => (row.ready < row.keepReady ? 'yellow' : null) },
  { heading: 'MEMORY', align: 'right', cell: (row) => formatMemory(row.memoryMiB) },
  { heading: 'CPUS', align: 'right', cell: (row) => String(row.cpus) },
  { heading: 'SIZE', align: 'right', cell: (row) => formatBytes(row.sizeBytes) },
  { heading: 'USED BY', cell: (row) => describeUsers(row.usedBy) },
  { heading: 'FROM', cell: (row) => row.source },
  { heading: 'ID', cell: (row) => row.id },
  { heading: 'NOTE', cell: (row) => row.note.split('\n')[0] ?? '' },
];

/** `1 of 2 (48 MiB)`: of how many that are wanted, and the memory that those take. */
function describeReady({ keepReady, ready, readyBytes }: TemplateInfo): string {
  if (keepReady === 0 && ready === 0) return '-';
  const memory = ready === 0 ? '' : ` (${formatBytes(readyBytes)})`;
  return `${ready === keepReady ? ready : `${ready} of ${keepReady}`}${memory}`;
}

/** Names while there are few. */
function describeUsers(users: TemplateInfo['usedBy']): string {
  if (users.length === 0) return '-';
  return users.length > 2 ? `${users.length} machines` : users.map(({ name }) => name).join(', ');
}

/** The same order on every host, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
