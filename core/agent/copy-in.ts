import { randomBytes } from 'node:crypto';
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar/create';
import { AppError } from '../../contract/app-error.ts';
import type { GuestCommand, GuestProcess } from '../core.ts';
import type { CopyContext, CopyResult, CopyWish } from './copy-files.ts';
import { writeByAgent } from './file-by-agent.ts';
import { noTar, readMessage } from './guest-tar.ts';

/** Packs on the host, unpacks in the guest beside the target, and moves what has arrived into place. */
export async function copyIn(context: CopyContext, { hostPath, guestPath }: CopyWish): Promise<CopyResult> {
  // A link that is named means what it leads to; those inside a folder stay links.
  const source = realpathSync(hostPath);
  const kind = lstatSync(source);
  if (!kind.isFile() && !kind.isDirectory())
    throw new AppError('invalid-input', `“${hostPath}” is neither a file nor a folder.`, { hint: 'Copy what is in it instead.' });
  const name = basename(hostPath);
  const argv = ['/bin/sh', '-c', unpackScript, 'sh', guestPath, name, basename(source), randomBytes(6).toString('hex')] as const;
  const running = await start(context, argv);
  const cancel = (): void => void running.end().catch(() => undefined);
  context.signal.addEventListener('abort', cancel, { once: true });
  if (context.signal.aborted) cancel();
  let files = 0;
  let bytes = 0;
  const message = readMessage(running);
  const pack = create(
    {
      cwd: dirname(source),
      portable: true,
      strict: true,
      onWriteEntry: (entry) => {
        if (entry.type !== 'File') return;
        files += 1;
        bytes += entry.stat?.size ?? 0;
      },
    },
    [`./${basename(source)}`],
  );
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of pack) {
      context.count(chunk.length);
      yield chunk;
    }
  }
  const sent = running.stdin === null ? Promise.resolve() : pipeline(counted, running.stdin);
  const failure = await sent.then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  // The guest may have stopped reading, and says why; what the host cannot read is its own trouble.
  if (
    failure !== undefined &&
    failure.code !== 'EPIPE' &&
    failure.code !== 'ECONNRESET' &&
    failure.code !== 'ERR_STREAM_PREMATURE_CLOSE'
  ) {
    await running.end().catch(() => undefined);
    throw failure;
  }
  const exitCode = await running.exitCode;
  context.signal.removeEventListener('abort', cancel);
  if (exitCode === 0) return { bytes, files };
  if (exitCode === noTar) {
    if (!kind.isFile()) throw buildNoTar(context.machine.name);
    return writeByAgent(context, source, /[\\/]$/.test(guestPath) ? `${guestPath}${name}` : guestPath);
  }
  throw new AppError('invalid-input', `“${guestPath}” was not written in “${context.machine.name}”: ${await message}`, {
    hint: 'Look at the path and the free space in the guest.',
  });
}

/** Cancelling ends it only until it runs: whoever cancels too late is told that all of it arrived. */
async function start({ guests, machine, signal }: CopyContext, argv: GuestCommand['argv']): Promise<GuestProcess> {
  const starting = new AbortController();
  const giveUp = (): void => starting.abort();
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await guests.start(machine.id, { argv, hasInput: true, signal: starting.signal });
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

export function buildNoTar(name: string): AppError {
  return new AppError('invalid-input', `The guest of “${name}” has no tar, which copying a folder takes.`, {
    hint: 'Copy its files one by one.',
  });
}

/** `$1` target, `$2` what the source is to be called, `$3` what it is called in the stream, `$4` a word of our own. */
const unpackScript = `command -v tar >/dev/null || exit ${noTar}
case $1 in */) d=\${1%/}; n=$2 ;; *) if [ -d "$1" ]; then d=$1 n=$2; else d=\${1%/*} n=\${1##*/}; fi ;; esac
[ -d "$d/" ] || mkdir -p "$d" || exit 1
t=$d/.bothy-copy-$4
trap 'rm -rf "$t"' 0
trap 'exit 143' HUP INT TERM
mkdir "$t" && tar -xpf - -C "$t" || exit 1
if [ -d "$t/$3" ] && [ -d "$d/$n" ]; then cp -a "$t/$3/." "$d/$n/"
elif [ -d "$d/$n" ]; then echo "$d/$n is a folder" >&2; exit 1
else mv -f "$t/$3" "$d/$n"; fi`;
