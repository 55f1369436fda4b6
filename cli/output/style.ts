/** How a piece of text stands out on a terminal. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours text, or leaves it alone. */
export type Paint = (style: Style, text: string) => string;

/** Paints for a stream that is a terminal, unless NO_COLOR says otherwise; `TERM=dumb` counts as no terminal. */
export function buildPaint(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Paint {
  const isPlain = !isTerminal || (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isPlain ? (_style, text) => text : (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;
}

const codes: Record<Style, string> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' };
