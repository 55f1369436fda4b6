import { escapeText } from './escape-text.ts';
import { measureText } from './measure-text.ts';
import type { Paint, Style } from './style.ts';

/** A column: its heading, the text of a row's cell, and how to stress it. */
export interface Column<Row> {
  readonly heading: string;
  readonly align?: 'right';
  cell(row: Row): string;
  style?(row: Row): Style | null;
}

/** Lines rows up under their headings. Cells are escaped here; no rows give no text at all. */
export function buildTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paint: Paint): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map((column) => escapeText(column.cell(row))));
  const widths = columns.map((column, index) =>
    cells.reduce((widest, line) => Math.max(widest, measureText(line[index] ?? '')), measureText(column.heading)),
  );
  const place = (text: string, index: number): string => {
    const column = columns[index];
    const padding = ' '.repeat((widths[index] ?? 0) - measureText(text));
    return column?.align === 'right' ? padding + text : index === columns.length - 1 ? text : text + padding;
  };
  const headings = columns.map((column, index) => place(column.heading, index));
  const heading = paint('bold', headings.join('  ').trimEnd());
  const lines = cells.map((line, rowIndex) =>
    line
      .map((text, index) => {
        const row = rows[rowIndex];
        const style = row === undefined ? null : (columns[index]?.style?.(row) ?? null);
        return style === null ? place(text, index) : place(text, index).replace(text, () => paint(style, text));
      })
      .join('  ')
      .trimEnd(),
  );
  return `${[heading, ...lines].join('\n')}\n`;
}

/** Lines up `label  value` pairs; a value of several lines keeps its indent. */
export function buildPairs(pairs: readonly (readonly [string, string])[], paint: Paint): string {
  const widest = pairs.reduce((most, [label]) => Math.max(most, measureText(label)), 0);
  return pairs
    .map(([label, value]) => {
      const lines = value.split('\n').map(escapeText);
      return `${paint('bold', label.padEnd(widest))}  ${lines.join(`\n${' '.repeat(widest + 2)}`)}\n`;
    })
    .join('');
}
