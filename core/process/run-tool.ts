import { type ChildProcess, spawn } from 'node:child_process';
import { AppError } from '../../contract/app-error.ts';
import { escapeOutput } from './escape-output.ts';

/** How a tool ended. Text is what was kept of its output: at most `maxOutputBytes` of each stream. */
export interface ToolResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** Whether output above the bound was dropped. */
  readonly isTruncated: boolean;
  /** Whether `onOutput` ended it. */
  readonly isStopped: boolean;
}

export interface ToolOptions {
  /** The tool's whole environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Written to standard input, which is then closed. */
  readonly input?: string | undefined;
  /** Bound per stream, 1 MiB unless told. */
  readonly maxOutputBytes?: number | undefined;
  /** Sees output as it comes; `stop` kills the tool, which is then no failure of its own. */
  readonly onOutput?: ((stream: 'stdout' | 'stderr', text: string) => 'stop' | undefined) | undefined;
}

/** How long a tool that was asked to end may take before it is killed. */
const graceMs = 1000;

/**
 * Runs a program to its end, without a shell, in a process group of its own that is ended as a whole. Resolves whatever
 * the exit code. Throws `tool-failed` when it cannot be executed, `timed-out` and `cancelled` after it has ended for that.
 */
export function runTool(argv: readonly [string, ...string[]], options: ToolOptions): Promise<ToolResult> {
  const [program, ...rest] = argv;
  const startedAt = performance.now();
  if (options.signal?.aborted === true) return Promise.reject(buildCancelled(program));
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      detached: true,
      env: { ...options.environment },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let cause: 'timeout' | 'abort' | 'stop' | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const end = (why: 'timeout' | 'abort' | 'stop'): void => {
      if (cause !== undefined) return;
      cause = why;
      killGroup(child, why === 'abort' ? 'SIGTERM' : 'SIGKILL');
      killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
    };
    const onAbort = (): void => end('abort');
    const timeout = setTimeout(() => end('timeout'), options.timeoutMs);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const onStop = (): void => end('stop');
    const stdout = collect(child, 'stdout', options, onStop);
    const stderr = collect(child, 'stderr', options, onStop);
    const release = (): void => {
      clearTimeout(timeout);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', onAbort);
      running.delete(child);
    };

    if (child.pid !== undefined) holdUntilExit(child);
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      release();
      reject(new AppError('tool-failed', `${program} cannot be executed: ${error.message}`, { cause: error }));
    });
    // What the tool left behind in its group could hold the pipes open, and "close" would never come.
    child.once('exit', () => killGroup(child, 'SIGKILL'));
    child.once('close', (exitCode, signal) => {
      release();
      if (cause === 'abort') return reject(buildCancelled(program));
      if (cause === 'timeout') return reject(buildTimedOut(argv, options.timeoutMs, stderr.text()));
      resolve({
        exitCode,
        signal,
        stdout: stdout.text(),
        stderr: stderr.text(),
        durationMs: performance.now() - startedAt,
        isTruncated: stdout.isTruncated() || stderr.isTruncated(),
        isStopped: cause === 'stop',
      });
    });
    // A tool that ends without reading its input is judged by its exit code, not by this EPIPE.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Keeps a stream's beginning up to the bound and drains the rest, so the tool never blocks on a full pipe. */
function collect(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  options: ToolOptions,
  onStop: () => void,
): { text: () => string; isTruncated: () => boolean } {
  const limit = options.maxOutputBytes ?? 1024 * 1024;
  const chunks: Buffer[] = [];
  let size = 0;
  let isTruncated = false;
  child[name]?.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, limit - size);
    isTruncated ||= kept.length < chunk.length;
    size += kept.length;
    if (kept.length > 0) chunks.push(kept);
    if (options.onOutput?.(name, chunk.toString('utf8')) === 'stop') onStop();
  });
  return { text: () => Buffer.concat(chunks).toString('utf8'), isTruncated: () => isTruncated };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const running = new Set<ChildProcess>();
let isWatchingExit = false;

/** A face that exits takes its tools along: nobody would wait for them. */
function holdUntilExit(child: ChildProcess): void {
  running.add(child);
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.once('exit', () => {
    for (const each of running) killGroup(each, 'SIGKILL');
  });
}

function buildCancelled(program: string): AppError {
  return new AppError('cancelled', `${program} was cancelled.`);
}

function buildTimedOut(argv: readonly string[], timeoutMs: number, stderr: string): AppError {
  return new AppError('timed-out', `${argv[0]} did not end within ${timeoutMs / 1000} s and was killed.`, {
    details: escapeOutput(`${argv.join(' ')}\n${stderr}`),
  });
}
