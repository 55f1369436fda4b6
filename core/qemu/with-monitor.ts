import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { connectQmp, type QmpClient } from './qmp-client.ts';

/** How long one monitor may be held by another face before the second monitor is tried. */
const patienceMs = 1000;

/**
 * Runs commands over a short-lived monitor connection. A QMP socket serves one client at a time and its backlog holds two
 * more, so faces take turns: `EAGAIN` means the backlog is full and is tried again. The second monitor is for the case
 * that somebody sits on the first; work that `isLong` takes it from the start, to be in nobody's way. Throws `qemu-unresponsive`, at once when there is nobody behind the sockets.
 */
export async function withMonitor<T>(
  runtimeFolder: string,
  act: (monitor: QmpClient) => Promise<T>,
  options: { timeoutMs?: number; isLong?: boolean } = {},
): Promise<T> {
  const monitor = await openMonitor(runtimeFolder, options);
  try {
    return await act(monitor);
  } finally {
    monitor.close();
  }
}

async function openMonitor(
  runtimeFolder: string,
  { timeoutMs = 5000, isLong = false }: { timeoutMs?: number; isLong?: boolean },
): Promise<QmpClient> {
  const names = isLong ? runtimeFile.monitors.toReversed() : runtimeFile.monitors;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    for (const name of names) {
      const left = deadline - performance.now();
      if (left <= 0)
        throw new AppError('qemu-unresponsive', 'QEMU does not answer on its monitors.', {
          hint: 'Force the machine off if it stays like this.',
        });
      try {
        return await connectQmp(join(runtimeFolder, name), { timeoutMs: Math.min(patienceMs, left) });
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'ENOENT' || code === 'ECONNREFUSED') throw buildUnreachable(join(runtimeFolder, name), error);
      }
    }
    await delay(2 + Math.random() * 6);
  }
}

function buildUnreachable(path: string, cause: unknown): AppError {
  return new AppError('qemu-unresponsive', `QEMU's monitor ${path} cannot be reached.`, {
    hint: 'If the machine runs, shut it down from inside or force it off: `bothy kill NAME`.',
    cause,
  });
}
