import { spawn } from 'node:child_process';
import { AppError } from '../../contract/app-error.ts';

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that lives on when this one ends. */
export interface DetachedProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  kill(): void;
}

/** Where and with what environment it runs: in `/` with ours, unless told otherwise. */
export interface DetachedOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
}

/**
 * Starts a program in its own session, with the given files as its file descriptors 0, 1, 2, ... and nothing else of ours, so that
 * it outlives this process. Throws `qemu-failed` when it cannot be executed at all.
 */
export function spawnDetached(
  argv: readonly string[],
  stdio: readonly number[],
  { environment, folder = '/' }: DetachedOptions = {},
): DetachedProcess {
  const [program, ...rest] = argv;
  if (program === undefined) throw new AppError('internal', 'No program was named.');
  const child = spawn(program, rest, {
    detached: true,
    stdio: [...stdio],
    cwd: folder,
    ...(environment === undefined ? {} : { env: environment }),
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('error', () => resolve({ exitCode: null, signal: null }));
  });
  child.unref();
  if (child.pid === undefined)
    throw new AppError('qemu-failed', `${program} cannot be executed.`, { hint: 'Run `bothy doctor`.' });
  return { pid: child.pid, ended, kill: () => child.kill('SIGKILL') };
}
