import { escapeText } from './escape-text.ts';

/** One line on a terminal that shows how far long work is, and disappears when it is done. */
export interface ProgressBar {
  update(fraction: number | null, step: string): void;
  clear(): void;
}

/** Draws on `stream`; nothing at all when that is not a terminal. */
export function createProgressBar(stream: NodeJS.WriteStream): ProgressBar {
  let isShown = false;
  let drawnAt = 0;
  let lastStep = '';
  return {
    update(fraction, step) {
      const now = Date.now();
      if (!stream.isTTY || (isShown && step === lastStep && now - drawnAt < 50)) return;
      drawnAt = now;
      lastStep = step;
      isShown = true;
      stream.write(`\r\u001b[K${buildBar(fraction, step, stream.columns ?? 80)}`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}

/** The text of the bar, never wider than the terminal. */
export function buildBar(fraction: number | null, step: string, columns: number): string {
  const size = Math.max(0, Math.min(30, columns - 30));
  const filled = Math.round((fraction ?? 0) * size);
  const bar = fraction === null || size === 0 ? '' : `[${'#'.repeat(filled)}${'.'.repeat(size - filled)}] `;
  const percent = fraction === null ? '' : `${String(Math.round(fraction * 100)).padStart(3)}%  `;
  return `${bar}${percent}${escapeText(step)}`.slice(0, Math.max(0, columns - 1));
}
