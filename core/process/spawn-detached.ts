import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
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
  /** Lets its lifeline, if it has one, read as ended. */
  hangUp(): void;
}

/** Where and with what environment it runs: in `/` with ours, unless told otherwise. */
export interface DetachedOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
  /** The file descriptor, after those of the files, that reads as ended once this process has. */
  readonly lifeline?: number | undefined;
}

/**
 * Starts a program in its own session, with the given files as its file descriptors 0, 1, 2, ... and nothing else of ours, so that
 * it outlives this process. Throws `qemu-failed` when it cannot be executed at all.
 */
export function spawnDetached(
  argv: readonly string[],
  stdio: readonly (number | 'ignore')[],
  { environment, folder = '/', lifeline }: DetachedOptions = {},
): DetachedProcess {
  const [program, ...rest] = argv;
  if (program === undefined) throw new AppError('internal', 'No program was named.');
  const child = spawn(program, rest, {
    detached: true,
    stdio: lifeline === undefined ? [...stdio] : [...stdio, ...Array(lifeline - stdio.length).fill('ignore'), 'pipe'],
    cwd: folder,
    ...(environment === undefined ? {} : { env: environment }),
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.once('error', () => resolve({ exitCode: null, signal: null }));
  });
  const line = lifeline === undefined ? undefined : child.stdio[lifeline];
  if (line instanceof Socket) {
    line.on('error', () => {});
    line.unref();
    child.once('exit', () => line.destroy());
  }
  child.unref();
  if (child.pid === undefined)
    throw new AppError('qemu-failed', `${program} cannot be executed.`, { hint: 'Run `bothy doctor`.' });
  return {
    pid: child.pid,
    ended,
    kill: () => child.kill('SIGKILL'),
    hangUp: () => void (line instanceof Socket && line.destroy()),
  };
}
