import { AppError } from '../../contract/app-error.ts';
import type { GuestProcess } from '../core.ts';

/** What a command counts as that ran out of time, as with timeout(1). */
const lateExitCode = 124;

/** The longest a timer can be (a signed 32-bit number). */
const longestTimerMs = 2 ** 31 - 1;

/** Long enough to ask a command to end, wait, and kill it. */
const farewellMs = 3000;

export interface ExitWish {
  readonly timeoutSeconds: number | undefined;
  /** What the command is cancelled by. */
  readonly signal: AbortSignal;
  /** Its machine is thrown away in any case: a guest that hangs is not waited for when the command is to end. */
  readonly isThrownAway?: boolean;
}

/** Waits for a command's exit code; one that runs out of time is ended, and then has the code 124. Throws what its process throws. */
export async function waitForExit(
  running: GuestProcess,
  { timeoutSeconds, signal, isThrownAway = false }: ExitWish,
): Promise<{ readonly exitCode: number; readonly isLate: boolean }> {
  let isLate = false;
  let farewell: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => {};
  const givenUp = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(new AppError('cancelled', 'The command was cancelled.'));
  });
  const sayFarewell = (): void => {
    if (isThrownAway) farewell ??= setTimeout(giveUp, farewellMs);
  };
  const end = (): void => {
    isLate = true;
    running.end().catch(() => undefined);
    sayFarewell();
  };
  const timer = timeoutSeconds === undefined ? undefined : setTimeout(end, Math.min(timeoutSeconds * 1000, longestTimerMs));
  signal.addEventListener('abort', sayFarewell, { once: true });
  if (signal.aborted) sayFarewell();
  try {
    const exitCode = await Promise.race([running.exitCode, givenUp]);
    return { exitCode: isLate ? lateExitCode : exitCode, isLate };
  } catch (error) {
    if (isLate) return { exitCode: lateExitCode, isLate };
    throw error;
  } finally {
    clearTimeout(timer);
    clearTimeout(farewell);
    signal.removeEventListener('abort', sayFarewell);
  }
}
