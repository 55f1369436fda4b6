import { basename } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ImageFormat } from '../../contract/image.ts';
import type { Environment } from '../host/find-program.ts';
import type { Host } from '../host/host.ts';
import { endWithUs } from '../process/end-with-us.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { runTool, type ToolResult } from '../process/run-tool.ts';

/** Told how far a task is: 0..1, or null when that cannot be known. */
export type ReportProgress = (fraction: number | null) => void;

/** What a new image is to be. */
export interface ImageTarget {
  readonly format: ImageFormat;
  /** `-o` of qemu-img, such as `cluster_size=2M`. */
  readonly options?: readonly string[];
  readonly isCompressed?: boolean;
  /** Refuses an original that somebody writes to meanwhile, instead of copying it as it happens to be. */
  readonly isExclusive?: boolean;
  /** An image it builds on, absolute; the copy then holds only what the original itself has. */
  readonly backing?: { readonly file: string; readonly format: string };
}

/** What `qemu-img check` counted. */
export interface CheckCounts {
  readonly corruptions: number;
  readonly leaks: number;
  readonly checkErrors: number;
  readonly corruptionsFixed: number;
  readonly leaksFixed: number;
  readonly compressedClusters: number;
  readonly allocatedClusters: number;
}

/**
 * `qemu-img`, one function per subcommand. Paths are absolute, formats never guessed. Every failure is `tool-failed`,
 * `image-invalid`, `invalid-input` (too large), `not-enough-space`, `wrong-state` (another program writes to the image) or
 * `cancelled`.
 */
export interface QemuImg {
  create(path: string, bytes: number, signal?: AbortSignal, target?: ImageTarget): Promise<void>;
  /**
   * Copies an image of the given format into a new one: an independent qcow2 unless told otherwise. Without a format, `from`
   * is a `json:` name that tells it.
   */
  convert(
    from: string,
    format: string | null,
    to: string,
    report: ReportProgress,
    signal?: AbortSignal,
    target?: ImageTarget,
  ): Promise<void>;
  /** The same as a raw image. */
  unpack(from: string, format: string, to: string, signal?: AbortSignal): Promise<void>;
  resize(
    path: string,
    format: string,
    bytes: number,
    signal?: AbortSignal,
    options?: { isShrinking?: boolean; isPreallocated?: boolean },
  ): Promise<void>;
  /** The size the guest sees, in bytes. */
  readVirtualSize(path: string, format: string | null, signal?: AbortSignal): Promise<number>;
  /** The bytes a copy takes at most, whatever its format is to be; `isAlone` leaves out what the image builds on. */
  measure(
    path: string,
    format: string | null,
    options?: { isAlone?: boolean; signal?: AbortSignal | undefined },
  ): Promise<number>;
  /** Checks one file, and not what it builds on. Undefined when its format has nothing to check. */
  check(
    path: string,
    format: string,
    options?: { repair?: 'leaks' | 'all' | undefined; isShared?: boolean; signal?: AbortSignal | undefined },
  ): Promise<CheckCounts | undefined>;
  /** Copies what an overlay holds down into its backing file; the overlay stays as it is. */
  commit(overlay: string, report: ReportProgress, signal?: AbortSignal): Promise<void>;
  /** Makes an overlay name another backing file that holds the same; copies nothing, and looks at nothing else. */
  renameBacking(overlay: string, backingName: string, signal?: AbortSignal, format?: string): Promise<void>;
  /** Copies all that an overlay builds on into it, so that it needs no other file. */
  absorbBacking(overlay: string, report: ReportProgress, signal?: AbortSignal): Promise<void>;
  /** Copies the first bytes of a disk, as the guest sees it, into a raw file. */
  copyHead(from: string, format: string, to: string, bytes: number, signal?: AbortSignal): Promise<void>;
  /** The parts of a file, whatever its format, that are not holes: beginning and length in bytes, in order. */
  listData(path: string, signal?: AbortSignal): Promise<[start: number, length: number][]>;
}

const qcow2: ImageTarget = { format: 'qcow2' };

export function createQemuImg(host: Host, environment: Environment): QemuImg {
  const execute = async (argv: string[], signal?: AbortSignal, onOutput?: (text: string) => void): Promise<ToolResult> => {
    const { qemuImg } = await host.tools();
    return runTool([...endWithUs(qemuImg, environment), ...argv], {
      environment: { ...environment, LC_ALL: 'C' },
      signal,
      onOutput: (stream, text) => {
        if (stream === 'stdout') onOutput?.(text);
        return undefined;
      },
      timeoutMs: 24 * 3600 * 1000,
      maxOutputBytes,
    });
  };
  const run = async (argv: string[], what: string, signal?: AbortSignal, onOutput?: (text: string) => void): Promise<string> => {
    const result = await execute(argv, signal, onOutput).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'cancelled' ? new AppError('cancelled', `${what} was cancelled.`) : error;
    });
    if (signal?.aborted === true) throw new AppError('cancelled', `${what} was cancelled.`);
    if (result.exitCode === 0) return result.stdout;
    throw explainFailure(result, what);
  };
  return {
    create: async (path, bytes, signal, { format, options = [] } = qcow2) => {
      await run(
        ['create', '-q', '-f', format, ...listOptions(options), path, String(bytes)],
        `Making the image ${basename(path)}`,
        signal,
      );
    },
    convert: async (from, format, to, report, signal, target = qcow2) => {
      const { backing, isCompressed, isExclusive, options = [] } = target;
      const argv = [
        ...['convert', '-p', ...(isExclusive === true ? [] : ['-U']), ...nameSource(from, format)],
        ...['-O', target.format, ...listOptions(options), ...(isCompressed === true ? ['-c'] : [])],
        ...(backing === undefined ? [] : ['-B', backing.file, '-F', backing.format]),
      ];
      await run([...argv, to], `Copying ${from}`, signal, readProgress(report));
    },
    commit: async (overlay, report, signal) => {
      // -d: the overlay is not emptied, so it stays whole until nothing needs it any more.
      await run(['commit', '-p', '-d', '-f', 'qcow2', overlay], `Merging ${overlay}`, signal, readProgress(report));
    },
    renameBacking: async (overlay, backingName, signal, format = 'qcow2') => {
      await run(['rebase', '-u', '-f', 'qcow2', '-F', format, '-b', backingName, overlay], `Joining ${overlay}`, signal);
    },
    absorbBacking: async (overlay, report, signal) => {
      await run(['rebase', '-p', '-f', 'qcow2', '-b', '', overlay], `Completing ${overlay}`, signal, readProgress(report));
    },
    unpack: async (from, format, to, signal) => {
      await run(['convert', '-f', format, '-O', 'raw', from, to], `Copying ${from}`, signal);
    },
    resize: async (path, format, bytes, signal, { isShrinking = false, isPreallocated = false } = {}) => {
      const flags = [...(isShrinking ? ['--shrink'] : []), ...(isPreallocated ? ['--preallocation=falloc'] : [])];
      const what = `${isShrinking ? 'Shrinking' : 'Growing'} ${path}`;
      await run(['resize', '-q', '-f', format, ...flags, path, String(bytes)], what, signal);
    },
    readVirtualSize: async (path, format, signal) => {
      const text = await run(['info', '-U', '--output=json', ...nameSource(path, format)], `Reading ${path}`, signal).catch(
        (error) => {
          if (!(error instanceof AppError) || error.code !== 'tool-failed') throw error;
          throw new AppError('image-invalid', `${path} is no whole ${format ?? 'disk'} image: ${error.message}`, {
            hint: 'A broken download shows like this: check its size and checksum.',
            details: error.details,
          });
        },
      );
      return (JSON.parse(text) as { 'virtual-size': number })['virtual-size'];
    },
    measure: async (path, format, { isAlone = false, signal } = {}) => {
      const source = isAlone && format !== null ? nameAlone(path, format) : nameSource(path, format);
      // For a raw copy it would name the whole virtual size, although the holes of that take nothing.
      const text = await run(['measure', '-U', '--output=json', '-O', 'qcow2', ...source], `Measuring ${path}`, signal);
      return (JSON.parse(text) as { required: number }).required;
    },
    check: async (path, format, { repair, isShared = false, signal } = {}) => {
      const flags = [...(repair === undefined ? [] : ['-r', repair]), ...(isShared ? ['-U'] : [])];
      const result = await execute(['check', '--output=json', ...flags, ...nameAlone(path, format)], signal);
      if (result.exitCode === noCheckExitCode) return undefined;
      if (!result.stdout.trimStart().startsWith('{')) throw explainFailure(result, `Checking ${path}`);
      return parseCheck(result.stdout);
    },
    copyHead: async (from, format, to, bytes, signal) => {
      await run(['dd', '-f', format, '-O', 'raw', `bs=${bytes}`, 'count=1', `if=${from}`, `of=${to}`], `Reading ${from}`, signal);
    },
    listData: async (path, signal) => {
      const text = await run(['map', '-U', '--output=json', '-f', 'raw', path], `Reading ${path}`, signal);
      const parts = JSON.parse(text) as { start: number; length: number; data: boolean }[];
      return parts.filter(({ data }) => data).map(({ start, length }) => [start, length]);
    },
  };
}

/** The map of a file with very many holes is long. */
const maxOutputBytes = 64 * 1024 ** 2;

/** `qemu-img check` says with it that the format has no check. */
const noCheckExitCode = 63;

function listOptions(options: readonly string[]): string[] {
  return options.flatMap((option) => ['-o', option]);
}

function nameSource(path: string, format: string | null): string[] {
  return format === null ? [path] : ['-f', format, path];
}

/** Finds the last `(12.34/100%)` that `-p` prints. */
function readProgress(report: ReportProgress): (text: string) => void {
  return (text) => {
    const percent = /\(([0-9.]+)\/100%\)[^(]*$/.exec(text)?.[1];
    if (percent !== undefined) report(Number(percent) / 100);
  };
}

/** Names an image so that what it builds on is not opened. */
function nameAlone(path: string, format: string): string[] {
  if (format !== 'qcow2') return ['-f', format, path];
  return [`json:${JSON.stringify({ driver: format, backing: null, file: { driver: 'file', filename: path } })}`];
}

function parseCheck(text: string): CheckCounts {
  const found = JSON.parse(text) as Record<string, number | undefined>;
  return {
    corruptions: found['corruptions'] ?? 0,
    leaks: found['leaks'] ?? 0,
    checkErrors: found['check-errors'] ?? 0,
    corruptionsFixed: found['corruptions-fixed'] ?? 0,
    leaksFixed: found['leaks-fixed'] ?? 0,
    compressedClusters: found['compressed-clusters'] ?? 0,
    allocatedClusters: found['allocated-clusters'] ?? 0,
  };
}

/** The only place that reads what qemu-img says. */
function explainFailure({ stderr, exitCode }: ToolResult, what: string): AppError {
  const words = escapeOutput(stderr.trim());
  if (/No space left on device|Disk quota exceeded/.test(words)) {
    return new AppError('not-enough-space', `${what} failed: the host's disk is full.`, {
      hint: 'Make room and try again.',
      details: words,
    });
  }
  if (/size is too large|File too large/.test(words)) {
    return new AppError('invalid-input', `${what} failed: neither the format nor the file system allows every size.`, {
      hint: 'Choose a smaller size, or qcow2, which takes room only as it fills.',
      details: words,
    });
  }
  if (/Failed to get .*lock/.test(words)) {
    return new AppError('wrong-state', `${what} failed: another program has the image open.`, {
      hint: 'Stop what uses the image, and try again.',
      details: words,
    });
  }
  return new AppError('tool-failed', `${what} failed: ${words.split('\n').at(-1) || `qemu-img ended with ${exitCode}`}`, {
    hint: 'The whole output is in the details.',
    details: words,
  });
}
