import { AppError, errorToData } from '../../contract/app-error.ts';
import type { MatrixRow, MatrixWish } from '../../contract/throwaway.ts';
import { waitForExit } from '../agent/wait-for-exit.ts';
import type { MatrixParts } from './matrix.ts';
import { createOutputTail } from './output-tail.ts';

/** What surrounds a row. */
export interface RowContext {
  readonly signal: AbortSignal;
  /** Waits until there is room for the machine; gives what leaves it. */
  enter(): Promise<() => void>;
  /** Told the whole row whenever it changed. */
  tell(row: MatrixRow): void;
}

/** A guest that had to be booted has this long until its agent answers. */
const secondsToBoot = 300;
const keptBytes = 64 * 1024;
/** Output is told at most this often. */
const outputEveryMs = 250;

/** Starts the row's machine, runs the command, and throws the machine away. Never rejects: what goes wrong is told in the row. */
export async function playRow(parts: MatrixParts, wish: MatrixWish, first: MatrixRow, context: RowContext): Promise<void> {
  let row = first;
  const update = (change: Partial<MatrixRow>): void => {
    row = { ...row, ...change };
    context.tell(row);
  };
  const { signal } = context;
  let leave: (() => void) | undefined;
  try {
    leave = await context.enter();
    update({ state: 'starting' });
    const { template } = first;
    const { machine, isWarm, notice } = await parts.create(
      { template, memoryMiB: wish.memoryMiB, network: wish.network, isOwned: true, hasCommand: true },
      { signal },
    );
    try {
      update({ notice });
      if (!isWarm) await parts.wait({ machine: machine.id, for: 'agent', timeoutSeconds: secondsToBoot }, { signal });
      await runCommand(parts, machine.id, wish, signal, update);
    } finally {
      await throwAway(parts, machine.id).catch((error: unknown) => {
        // What the command came to says more, or what it failed with.
        update({ notice: `${machine.name} could not be thrown away: ${errorToData(error).message}` });
      });
    }
  } catch (error) {
    const { code, message, hint } = errorToData(error);
    if (signal.aborted) update({ state: 'cancelled' });
    else update({ state: 'failed', error: { code, message, ...(hint === undefined ? {} : { hint }) } });
  } finally {
    leave?.();
  }
}

/** One whose guest turned itself off, or whose time was over, is gone already. */
async function throwAway(parts: MatrixParts, machine: string): Promise<void> {
  try {
    await parts.kill({ machine, ifThrowaway: true }, {});
  } catch (error) {
    if (!(error instanceof AppError && (error.code === 'not-found' || error.code === 'wrong-state'))) throw error;
  }
}

async function runCommand(
  parts: MatrixParts,
  machine: string,
  wish: MatrixWish,
  signal: AbortSignal,
  update: (change: Partial<MatrixRow>) => void,
): Promise<void> {
  const begin = performance.now();
  const { command, env, workdir, timeoutSeconds } = wish;
  const [program = '', ...rest] = command;
  const running = await parts.guests.start(machine, { argv: [program, ...rest], env, workdir, signal });
  const [stdout, stderr] = [createOutputTail(keptBytes), createOutputTail(keptBytes)];
  const describe = () => ({
    seconds: (performance.now() - begin) / 1000,
    stdout: stdout.read(),
    stderr: stderr.read(),
    isCut: stdout.isCut || stderr.isCut,
  });
  update({ state: 'running', ...describe() });
  // What came since the last time is told a moment later, also when nothing comes after it.
  let later: NodeJS.Timeout | undefined;
  const tellLater = (): void => {
    later ??= setTimeout(() => {
      later = undefined;
      update(describe());
    }, outputEveryMs);
  };
  for (const [stream, tail] of [[running.stdout, stdout] as const, [running.stderr, stderr] as const]) {
    stream.on('data', (chunk: Buffer) => {
      tail.add(chunk);
      tellLater();
    });
  }
  const { exitCode } = await waitForExit(running, { timeoutSeconds, signal, isThrownAway: true }).finally(() =>
    clearTimeout(later),
  );
  const result = describe();
  update({ state: 'done', exitCode, ...result, screenshotBase64: await takePicture(parts, machine) });
}

/** Null when there is no screen any more, as after a command that turned the machine off. */
async function takePicture(parts: MatrixParts, machine: string): Promise<string | null> {
  return parts.screenshot({ machine }, {}).then(
    ({ pngBase64 }) => pngBase64,
    () => null,
  );
}
