import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { isAlive, type ProcessIdentity } from './qemu-process.ts';

/** Sends a signal to a process that may end by itself at this very moment. */
export function sendSignal({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process ended within the time. Ending one takes the kernel milliseconds, and longer for much memory. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; isAlive(identity); await delay(1)) {
    if (performance.now() > deadline) return false;
  }
  return true;
}

/** The error about the QEMU of a machine that did not even end by SIGKILL. */
export function buildUnendable({ pid }: ProcessIdentity, name: string): AppError {
  return new AppError('qemu-unresponsive', `QEMU of “${name}” (process ${pid}) cannot be ended.`, {
    hint: 'It waits for the kernel, perhaps for a disk that does not answer.',
  });
}
