import type { SnapshotInfo, TimelineInfo } from '../../contract/snapshot.ts';
import { escapeText } from './escape-text.ts';
import { formatBytes, formatTime } from './format.ts';
import { cutText, measureText } from './measure-text.ts';
import { asciiMarks, layOutSnapshots, type TreeRow, unicodeMarks } from './snapshot-rows.ts';
import type { Paint, Style } from './style.ts';

/** What the tree is drawn for. */
export interface TreeOptions {
  readonly paint: Paint;
  /** The width of the terminal; null when it is none. */
  readonly columns: number | null;
  readonly isUnicode: boolean;
}

/** The tree that `bothy snapshot list` prints, as wide as the terminal at most. */
export function buildSnapshotTree(timeline: TimelineInfo, options: TreeOptions): string {
  const marks = options.isUnicode ? unicodeMarks : asciiMarks;
  const lines = layOutSnapshots(timeline, marks).map((row) => describeRow(row, timeline, options.isUnicode));
  const heading: Line = { drawing: '', name: 'NAME', cells: { state: 'STATE', taken: 'TAKEN', size: 'SIZE', note: 'NOTE' } };
  const widths = chooseWidths([heading, ...lines], options.columns ?? Number.POSITIVE_INFINITY);
  const ellipsis = options.isUnicode ? '…' : '..';
  const bold: Paint = (_style, text) => options.paint('bold', text);
  return [formatLine(heading, widths, ellipsis, bold), ...lines.map((line) => formatLine(line, widths, ellipsis, options.paint))]
    .map((text) => `${text}\n`)
    .join('');
}

type Cell = 'state' | 'taken' | 'size' | 'note';

interface Line {
  readonly drawing: string;
  readonly name: string;
  readonly nameStyle?: Style;
  readonly stateStyle?: Style;
  readonly cells: Readonly<Record<Cell, string>>;
}

const stateStyles: Record<SnapshotInfo['state'], Style> = { off: 'dim', running: 'green', paused: 'yellow' };

function describeRow({ drawing, about }: TreeRow, timeline: TimelineInfo, isUnicode: boolean): Line {
  if (about === 'start') return { drawing: `${drawing} `, name: 'start', nameStyle: 'dim', cells: noCells };
  if (about === 'present') {
    const origin = timeline.snapshots.find(({ id }) => id === timeline.current);
    const since =
      origin === undefined ? 'in no snapshot' : `changed since ${isUnicode ? `“${origin.name}”` : `"${origin.name}"`}`;
    return {
      drawing: `${drawing} `,
      name: 'now',
      nameStyle: 'cyan',
      stateStyle: 'yellow',
      cells: {
        state: timeline.memory === 'saved' ? 'suspended' : '',
        taken: '',
        size: formatBytes(timeline.presentBytes),
        note: escapeText(timeline.isPresentChanged ? since : 'nothing changed'),
      },
    };
  }
  const clones = about.clones.map(({ name }) => name).join(', ');
  const note = about.note.replace(/\s+/g, ' ').trim();
  return {
    drawing: `${drawing} `,
    name: escapeText(about.name),
    ...(about.isCurrent ? { nameStyle: 'bold' } : {}),
    stateStyle: stateStyles[about.state],
    cells: {
      state: about.state,
      taken: formatTime(about.createdAt),
      size: formatBytes(about.sizeBytes),
      note: escapeText([note, ...(clones === '' ? [] : [`(clones: ${clones})`])].filter((part) => part !== '').join(' ')),
    },
  };
}

const noCells: Line['cells'] = { state: '', taken: '', size: '', note: '' };
const gap = 2;
const comfortableName = 40;
const leastName = 24;
const leastNote = 12;

interface Widths extends Readonly<Record<Cell, number>> {
  readonly name: number;
}

/** Notes give way first, then long names, then whole columns; a width of 0 leaves a column out. */
function chooseWidths(lines: readonly Line[], columns: number): Widths {
  const widest = (pick: (line: Line) => string): number => Math.max(...lines.map((line) => measureText(pick(line))));
  const natural: Widths = {
    name: widest((line) => line.drawing + line.name),
    state: widest((line) => line.cells.state),
    taken: widest((line) => line.cells.taken),
    size: widest((line) => line.cells.size),
    note: widest((line) => line.cells.note),
  };
  for (const left of [[], ['note'], ['note', 'taken'], ['note', 'taken', 'size']] as const) {
    const widths = { ...natural, ...Object.fromEntries(left.map((cell) => [cell, 0])) };
    const besides = (cells: readonly Cell[]): number =>
      cells.reduce((sum, cell) => sum + (widths[cell] === 0 ? 0 : widths[cell] + gap), 0);
    const hasNote = widths.note > 0;
    const forNote = hasNote ? Math.min(widths.note, leastNote) + gap : 0;
    const room = columns - besides(['state', 'taken', 'size']) - forNote;
    if (room < Math.min(natural.name, hasNote ? comfortableName : leastName)) continue;
    const name = Math.min(natural.name, hasNote ? Math.max(comfortableName, room - natural.note + leastNote) : room);
    return {
      ...widths,
      name,
      note: hasNote ? Math.min(natural.note, columns - name - gap - besides(['state', 'taken', 'size'])) : 0,
    };
  }
  return { name: columns, state: 0, taken: 0, size: 0, note: 0 };
}

function formatLine(
  { drawing, name, nameStyle, stateStyle, cells }: Line,
  widths: Widths,
  ellipsis: string,
  paint: Paint,
): string {
  const pad = (text: string, width: number): string => ' '.repeat(Math.max(0, width - measureText(text)));
  const lead = cutText(drawing, widths.name, '');
  const shown = cutText(name, widths.name - measureText(lead), ellipsis);
  const parts = [lead + (nameStyle === undefined ? shown : paint(nameStyle, shown)) + pad(lead + shown, widths.name)];
  if (widths.state > 0)
    parts.push((stateStyle === undefined ? cells.state : paint(stateStyle, cells.state)) + pad(cells.state, widths.state));
  if (widths.taken > 0) parts.push(cells.taken + pad(cells.taken, widths.taken));
  if (widths.size > 0) parts.push(pad(cells.size, widths.size) + cells.size);
  if (widths.note > 0) parts.push(cutText(cells.note, widths.note, ellipsis));
  return parts.join(' '.repeat(gap)).trimEnd();
}
