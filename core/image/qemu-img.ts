import { AppError } from '../../contract/app-error.ts';
import type { Environment } from '../host/find-program.ts';
import type { Host } from '../host/host.ts';
import { escapeOutput } from '../process/escape-output.ts';
import { runTool } from '../process/run-tool.ts';

/** Told how far a task is: 0..1, or null when that cannot be known. */
export type ReportProgress = (fraction: number | null) => void;

/**
 * `qemu-img`, one function per subcommand. Every failure is `tool-failed`, `image-invalid`, `not-enough-space` or `cancelled`.
 */
export interface QemuImg {
  create(path: string, bytes: number, signal?: AbortSignal): Promise<void>;
  /** Copies an image of the given format into a new, independent qcow2. Without a format, `from` is a `json:` name that tells it. */
  convert(from: string, format: string | null, to: string, report: ReportProgress, signal?: AbortSignal): Promise<void>;
  /** The same as a raw image. */
  unpack(from: string, format: string, to: string, signal?: AbortSignal): Promise<void>;
  resize(path: string, format: string, bytes: number, signal?: AbortSignal): Promise<void>;
  /** The size the guest sees, in bytes. */
  readVirtualSize(path: string, format: string | null, signal?: AbortSignal): Promise<number>;
  /** The bytes a qcow2 copy takes at most. */
  measure(path: string, format: string | null, options?: { signal?: AbortSignal | undefined }): Promise<number>;
  /** Copies what an overlay holds down into its backing file; the overlay stays as it is. */
  commit(overlay: string, report: ReportProgress, signal?: AbortSignal): Promise<void>;
  /** Makes an overlay name another backing file that holds the same; copies nothing. */
  renameBacking(overlay: string, backingName: string, signal?: AbortSignal): Promise<void>;
  /** Copies all that an overlay builds on into it, so that it needs no other file. */
  absorbBacking(overlay: string, report: ReportProgress, signal?: AbortSignal): Promise<void>;
  /** Copies the first bytes of a disk, as the guest sees it, into a raw file. */
  copyHead(from: string, format: string, to: string, bytes: number, signal?: AbortSignal): Promise<void>;
}

export function createQemuImg(host: Host, environment: Environment): QemuImg {
  const run = async (argv: string[], what: string, signal?: AbortSignal, onOutput?: (text: string) => void): Promise<string> => {
    const { qemuImg } = await host.tools();
    const result = await runTool([qemuImg, ...argv], {
      environment,
      signal,
      onOutput: (stream, text) => {
        if (stream === 'stdout') onOutput?.(text);
        return undefined;
      },
      timeoutMs: 24 * 3600 * 1000,
    });
    if (signal?.aborted === true) throw new AppError('cancelled', `${what} was cancelled.`);
    if (result.exitCode === 0) return result.stdout;
    const words = escapeOutput(result.stderr.trim());
    if (/No space left on device/.test(words)) {
      throw new AppError('not-enough-space', `${what} failed: the host's disk is full.`, {
        hint: 'Make room and try again.',
        details: words,
      });
    }
    throw new AppError('tool-failed', `${what} failed: ${words.split('\n').at(-1) ?? `qemu-img ended with ${result.exitCode}`}`, {
      hint: 'The whole output is in the details.',
      details: words,
    });
  };
  return {
    create: async (path, bytes, signal) => {
      await run(['create', '-q', '-f', 'qcow2', path, String(bytes)], `Making the disk ${path}`, signal);
    },
    convert: async (from, format, to, report, signal) => {
      const argv = ['convert', '-p', '-U', ...nameSource(from, format), '-O', 'qcow2', to];
      await run(argv, `Copying ${from}`, signal, readProgress(report));
    },
    commit: async (overlay, report, signal) => {
      // -d: the overlay is not emptied, so it stays whole until nothing needs it any more.
      await run(['commit', '-p', '-d', '-f', 'qcow2', overlay], `Merging ${overlay}`, signal, readProgress(report));
    },
    renameBacking: async (overlay, backingName, signal) => {
      await run(['rebase', '-u', '-f', 'qcow2', '-F', 'qcow2', '-b', backingName, overlay], `Joining ${overlay}`, signal);
    },
    absorbBacking: async (overlay, report, signal) => {
      await run(['rebase', '-p', '-f', 'qcow2', '-b', '', overlay], `Completing ${overlay}`, signal, readProgress(report));
    },
    unpack: async (from, format, to, signal) => {
      await run(['convert', '-f', format, '-O', 'raw', from, to], `Copying ${from}`, signal);
    },
    resize: async (path, format, bytes, signal) => {
      await run(['resize', '-q', '-f', format, path, String(bytes)], `Growing ${path}`, signal);
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
    measure: async (path, format, { signal } = {}) => {
      const text = await run(
        ['measure', '-U', '--output=json', '-O', 'qcow2', ...nameSource(path, format)],
        `Measuring ${path}`,
        signal,
      );
      return (JSON.parse(text) as { required: number }).required;
    },
    copyHead: async (from, format, to, bytes, signal) => {
      await run(['dd', '-f', format, '-O', 'raw', `bs=${bytes}`, 'count=1', `if=${from}`, `of=${to}`], `Reading ${from}`, signal);
    },
  };
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
