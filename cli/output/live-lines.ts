import { cutText } from './measure-text.ts';

/** Lines at the end of a terminal that show how far several things are, and disappear when they are done. */
export interface LiveLines {
  /** False where there is no terminal: `show` does nothing then. */
  readonly isVisible: boolean;
  /** Replaces what is shown; the lines are escaped by now. What does not fit on the terminal is left out. */
  show(lines: readonly string[]): void;
  clear(): void;
}

export function createLiveLines(stream: NodeJS.WriteStream): LiveLines {
  let shown = 0;
  const back = (): string => `\r${shown > 1 ? `\u001b[${shown - 1}A` : ''}\u001b[J`;
  return {
    isVisible: stream.isTTY === true,
    show(lines) {
      if (!stream.isTTY) return;
      const fitting = lines
        .slice(0, Math.max(1, (stream.rows ?? 24) - 1))
        .map((line) => cutText(line, (stream.columns ?? 80) - 1, '…'));
      stream.write(`${shown > 0 ? back() : ''}${fitting.join('\r\n')}`);
      shown = fitting.length;
    },
    clear() {
      if (shown > 0) stream.write(back());
      shown = 0;
    },
  };
}
