import type { Duplex } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';

interface SerialTerminal {
  readonly stream: Duplex;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly signal: AbortSignal;
  /** How long the line must be quiet before a console whose input has ended is over. */
  readonly lingerMs: number;
}

/**
 * Joins a serial line with the terminal, or with whatever stdin and stdout are, until Ctrl+], the end of the input, the end
 * of the line or an abort. The terminal is as before afterwards, whatever happened.
 */
export async function attachSerial({ stream, input, output, signal, lingerMs }: SerialTerminal): Promise<void> {
  const isTerminal = input.isTTY === true;
  const restore = makeRaw(input);
  try {
    await new Promise<void>((resolve, reject) => {
      let quiet: NodeJS.Timeout | undefined;
      let hasInputEnded = false;
      const listen = (): void => {
        clearTimeout(quiet);
        if (hasInputEnded) quiet = setTimeout(resolve, lingerMs);
      };
      const endInput = (): void => {
        // After all that was typed has left: a busy line may take its time.
        stream.write('', () => {
          hasInputEnded = true;
          listen();
        });
      };
      const onInput = (data: Buffer): void => {
        const leaveAt = isTerminal ? data.indexOf(leaveKey) : -1;
        const bytes = leaveAt === -1 ? data : data.subarray(0, leaveAt);
        if (bytes.length > 0 && !stream.write(bytes)) {
          input.pause();
          stream.once('drain', () => input.resume());
        }
        if (leaveAt !== -1) resolve();
      };
      const onOutput = (data: Buffer): void => {
        listen();
        if (!output.write(data)) {
          stream.pause();
          output.once('drain', () => stream.resume());
        }
      };
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
      // A reader that went away ends the console: `bothy console demo | head`.
      output.once('error', () => resolve());
      stream.on('data', onOutput).once('end', resolve).once('close', resolve).once('error', reject);
      input.on('data', onInput).once('end', endInput).once('error', reject);
    });
  } finally {
    restore();
    input.removeAllListeners('data').removeAllListeners('end').pause();
    // A terminal or a pipe that stays open would keep this process alive.
    input.destroy();
    stream.destroy();
  }
}

const leaveKey = 0x1d;

/** Hands every key to the guest; also a process that dies by an exception gives the terminal back. */
function makeRaw(input: ReadStream): () => void {
  if (input.isTTY !== true) return () => undefined;
  const restore = (): void => {
    input.setRawMode(false);
    process.off('exit', restore);
  };
  process.on('exit', restore);
  input.setRawMode(true);
  return restore;
}
