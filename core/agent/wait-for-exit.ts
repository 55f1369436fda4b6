import type { GuestProcess } from '../core.ts';

/** What a command counts as that ran out of time, as with timeout(1). */
const lateExitCode = 124;

/** The longest a timer can be (a signed 32-bit number). */
const longestTimerMs = 2 ** 31 - 1;

/** Waits for a command's exit code; one that runs out of time is ended, and then has the code 124. */
export async function waitForExit(
  running: GuestProcess,
  timeoutSeconds: number | undefined,
): Promise<{ readonly exitCode: number; readonly isLate: boolean }> {
  if (timeoutSeconds === undefined) return { exitCode: await running.exitCode, isLate: false };
  let isLate = false;
  const end = (): void => {
    isLate = true;
    running.end().catch(() => undefined);
  };
  const timer = setTimeout(end, Math.min(timeoutSeconds * 1000, longestTimerMs));
  try {
    const exitCode = await running.exitCode;
    return { exitCode: isLate ? lateExitCode : exitCode, isLate };
  } catch (error) {
    if (isLate) return { exitCode: lateExitCode, isLate };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
