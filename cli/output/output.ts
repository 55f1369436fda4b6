import { escapeLines } from './escape-text.ts';
import { createProgressBar, type ProgressBar } from './progress-bar.ts';
import { buildPaint, type Paint } from './style.ts';

/** Where a command's words go: results on stdout, everything else on stderr. */
export interface Output {
  readonly paint: Paint;
  readonly paintError: Paint;
  readonly progress: ProgressBar;
  /** The width of the terminal that results go to; null when they go elsewhere. */
  readonly columns: number | null;
  /** Prints a result; what came from outside must be escaped by now. */
  write(text: string): void;
  /** Prints bytes as they are. */
  writeBytes(bytes: Uint8Array): void;
  /** Prints the one JSON document of `--json`. */
  writeJson(value: unknown): void;
  /** Says something on stderr, escaped, as `bothy: ...`. */
  note(text: string): void;
  /** Prints to stderr as it is. */
  writeError(text: string): void;
}

/**
 * The output of this process. A reader that went away (`bothy list | head -1`) is no error and stops no work; results that cannot be
 * written for another reason, such as a full disk, are, and `onFailure` is told once.
 */
export function createOutput(environment: Readonly<Record<string, string | undefined>>, onFailure: () => void): Output {
  const { stdout, stderr } = process;
  let hasFailed = false;
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (hasFailed || error.code === 'EPIPE' || error.code === 'EIO') return;
    hasFailed = true;
    stderr.write(`bothy: the output cannot be written: ${error.message}\n`);
    onFailure();
  });
  const progress = createProgressBar(stderr);
  const write = (stream: NodeJS.WriteStream, content: string | Uint8Array): void => {
    progress.clear();
    stream.write(content);
  };
  return {
    paint: buildPaint(stdout.isTTY === true, environment),
    paintError: buildPaint(stderr.isTTY === true, environment),
    progress,
    columns: stdout.isTTY === true ? stdout.columns : null,
    write: (text) => write(stdout, text),
    writeBytes: (bytes) => write(stdout, bytes),
    writeJson: (value) => write(stdout, buildJson(value)),
    note: (text) => write(stderr, `bothy: ${escapeLines(text)}\n`),
    writeError: (text) => write(stderr, text),
  };
}

/** A JSON document that is also safe to look at: JSON leaves the C1 control characters alone, terminals do not. */
export function buildJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)}\n`;
}
