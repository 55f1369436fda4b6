import type { MatrixRow } from '../../contract/throwaway.ts';
import { escapeText } from './escape-text.ts';
import { measureText } from './measure-text.ts';
import type { Paint, Style } from './style.ts';
import { buildTable } from './table.ts';

/** The first lines of each output that the grid shows. */
const maxLines = 5;

/** A line of the grid; those that only go on with the output have no cells before it. */
interface GridLine {
  readonly template: string;
  readonly result: string;
  readonly time: string;
  readonly output: string;
  readonly style: Style | null;
}

/** The results as a grid: one template after the other, with the first lines of what its command printed. */
export function buildMatrixGrid(rows: readonly MatrixRow[], paint: Paint): string {
  return buildTable<GridLine>(
    [
      { heading: 'TEMPLATE', cell: (line) => line.template },
      { heading: 'EXIT', cell: (line) => line.result, style: (line) => line.style },
      { heading: 'TIME', align: 'right', cell: (line) => line.time },
      { heading: 'OUTPUT', cell: (line) => line.output },
    ],
    rows.flatMap(buildLines),
    paint,
  );
}

/** One line a row, for as long as they run. `now` and `since` are times of the same clock in ms; `since` is when the row was told. */
export function buildLiveLine(row: MatrixRow, widest: number, now: number, since: number): string {
  const seconds = row.seconds === null ? null : row.seconds + (row.state === 'running' ? (now - since) / 1000 : 0);
  const name = escapeText(row.template);
  const padding = ' '.repeat(Math.max(0, widest - measureText(name)));
  const what = row.state === 'done' ? `exit ${row.exitCode}` : row.state;
  const said = row.error?.message ?? listLines(row).at(-1) ?? row.notice ?? '';
  return `${name}${padding}  ${what.padEnd(9)}  ${formatSeconds(seconds).padStart(8)}  ${escapeText(said)}`;
}

function buildLines(row: MatrixRow): readonly GridLine[] {
  const said = row.error === null ? [] : [row.error.message, ...(row.error.hint === undefined ? [] : [row.error.hint])];
  const notice = row.notice === null ? [] : [row.notice];
  const all = listLines(row);
  const more =
    all.length > maxLines || row.isCut ? [row.isCut ? '… and much more' : `… and ${all.length - maxLines} more lines`] : [];
  const lines = [...notice, ...said, ...all.slice(0, maxLines), ...more];
  return [...(lines.length === 0 ? [''] : lines)].map((output, index) => ({
    template: index === 0 ? row.template : '',
    result: index === 0 ? (row.exitCode === null ? row.state : String(row.exitCode)) : '',
    time: index === 0 ? formatSeconds(row.seconds) : '',
    output,
    style: row.exitCode === 0 ? 'green' : 'red',
  }));
}

/** What the command printed, line by line: its results, then its complaints. */
function listLines({ stdout, stderr }: MatrixRow): readonly string[] {
  return [stdout, stderr].flatMap((text) => {
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return lines.map((line) => line.replaceAll('\t', '    '));
  });
}

function formatSeconds(seconds: number | null): string {
  return seconds === null ? '-' : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}
