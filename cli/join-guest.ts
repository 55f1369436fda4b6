import type { Readable, Writable } from 'node:stream';
import { AppError } from '../contract/app-error.ts';
import { waitForExit } from '../core/agent/wait-for-exit.ts';
import type { GuestCommand, GuestProcess, Guests } from '../core/core.ts';

/** What of this process a guest's command is joined with. */
export interface GuestJoint {
  readonly guests: Guests;
  readonly signal: AbortSignal;
  /** What the command reads; null for nothing. */
  readonly input: Readable | null;
  /** Whether it gets a terminal, of which `input` is the near end. */
  readonly hasTerminal: boolean;
  readonly timeoutSeconds: number | undefined;
  /** Whether the machine ends with the command. */
  readonly isThrownAway: boolean;
}

/** As a shell says it of a program whose reader went away: 128 and SIGPIPE. */
const readerLeftExitCode = 141;

/**
 * Runs a command in a machine's guest with this process's input and output, as fast as each end takes it, and gives its exit
 * code. The terminal is as before afterwards, whatever happened. Throws what `Guests.start` and its process throw.
 */
export async function joinGuest(
  joint: GuestJoint,
  machine: string,
  command: Pick<GuestCommand, 'argv' | 'env' | 'workdir'>,
): Promise<number> {
  const { stdout } = process;
  // A terminal that does not know its size says 0.
  const size = { columns: stdout.columns || 80, rows: stdout.rows || 24 };
  const running = await joint.guests.start(machine, {
    ...command,
    hasInput: joint.input !== null,
    terminal: joint.hasTerminal ? size : undefined,
    signal: joint.signal,
  });
  const resize = (): void => running.resize(stdout.columns, stdout.rows);
  const restore = joint.hasTerminal ? makeRaw() : () => undefined;
  if (joint.hasTerminal) stdout.on('resize', resize);
  let hasReaderLeft = false;
  const stop = (): void => {
    hasReaderLeft = true;
    running.end().catch(() => undefined);
  };
  for (const [from, to] of [
    [running.stdout, stdout],
    [running.stderr, process.stderr],
  ] as const) {
    carry(from, to, stop);
  }
  let inputError: Error | undefined;
  feed(joint.input, running, (error) => {
    inputError = error;
    running.end().catch(() => undefined);
  });
  try {
    const { exitCode } = await waitForExit(running, joint);
    if (inputError !== undefined) throw inputError;
    return hasReaderLeft ? readerLeftExitCode : exitCode;
  } catch (error) {
    if (!hasReaderLeft) throw error;
    return readerLeftExitCode;
  } finally {
    stdout.off('resize', resize);
    restore();
    // A terminal or a pipe that stays open would keep this process alive.
    joint.input?.unpipe().removeAllListeners('data').destroy();
  }
}

/** Passes on what comes; when its reader has gone away, what still comes is thrown away. */
function carry(from: Readable, to: Writable, onReaderLeft: () => void): void {
  to.once('error', () => {
    from.destroy();
    onReaderLeft();
  });
  from.pipe(to, { end: false });
}

/** A command that reads no more, or has ended, is no error; input that cannot be read to its end is. */
function feed(input: Readable | null, running: GuestProcess, onError: (error: Error) => void): void {
  if (input === null || running.stdin === null) return;
  running.stdin.on('error', () => input.unpipe());
  input.on('error', (cause) => {
    onError(new AppError('file-unreadable', `The input cannot be read to its end: ${cause.message}.`, { cause }));
  });
  input.pipe(running.stdin);
}

/** Hands every key to the guest; also a process that dies by an exception gives the terminal back. */
function makeRaw(): () => void {
  const input = process.stdin;
  const restore = (): void => {
    input.setRawMode(false);
    process.off('exit', restore);
  };
  process.on('exit', restore);
  input.setRawMode(true);
  return restore;
}
