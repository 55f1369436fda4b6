import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { findTarget } from './copy-ends.ts';
import type { CopyContext, CopyResult, CopyWish } from './copy-files.ts';
import { buildNoTar } from './copy-in.ts';
import { readByAgent } from './file-by-agent.ts';
import { noSource, noTar, readMessage } from './guest-tar.ts';
import { unpackCarefully } from './unpack-carefully.ts';

/** A copy leaves this much of a disk free for everybody else. */
const reserveBytes = 64 * 1024 ** 2;

/** Packs in the guest, unpacks on the host beside the target, and moves what has arrived into place. */
export async function copyOut(context: CopyContext, { hostPath, guestPath }: CopyWish): Promise<CopyResult> {
  const target = findTarget(hostPath, guestPath);
  const workshop = mkdtempSync(join(dirname(target), '.bothy-copy-'));
  try {
    const result = await fetch(context, guestPath, workshop);
    const [arrived, ...others] = readdirSync(workshop);
    if (arrived === undefined || others.length > 0)
      throw new AppError('invalid-input', `The guest sent something else than “${guestPath}”.`, {
        hint: 'Look at that path in the guest.',
      });
    checkMove(join(workshop, arrived), target);
    moveInto(join(workshop, arrived), target);
    return result;
  } finally {
    rmSync(workshop, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function fetch(context: CopyContext, guestPath: string, workshop: string): Promise<CopyResult> {
  const argv = ['/bin/sh', '-c', packScript, 'sh', guestPath.replace(/(?<=.)\/+$/, '')] as const;
  const running = await context.guests.start(context.machine.id, { argv, signal: context.signal });
  const message = readMessage(running, true);
  const { stdout } = running;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of stdout) {
      context.count((chunk as Buffer).length);
      // Nobody knows how much a guest will send.
      checkFreeSpace(workshop, reserveBytes, `Copying “${guestPath}” out of “${context.machine.name}”`);
      yield chunk as Buffer;
    }
  }
  const unpacked = await unpackCarefully(counted(), workshop).catch((error: unknown) => error as Error);
  // What is not wanted any more is not waited for either.
  if (unpacked instanceof Error && !stdout.readableEnded) await running.end().catch(() => undefined);
  if (unpacked instanceof AppError) throw unpacked;
  const exitCode = await running.exitCode;
  if (exitCode === noSource)
    throw new AppError('file-not-found', `There is no “${guestPath}” in “${context.machine.name}”.`, {
      hint: 'Look at its path in the guest.',
    });
  if (exitCode === noTar)
    return readByAgent(context, guestPath, join(workshop, basename(guestPath)), () => buildNoTar(context.machine.name));
  if (exitCode !== 0)
    throw new AppError('invalid-input', `“${guestPath}” was not read in “${context.machine.name}”: ${await message}`, {
      hint: 'Look at it in the guest.',
    });
  if (unpacked instanceof Error) throw unpacked;
  return unpacked;
}

/** A link that is named means what it leads to; those inside a folder stay links. */
const packScript = `s=$1
[ -L "$s" ] && s=$(readlink -f "$s")
[ -e "$s" ] || exit ${noSource}
command -v tar >/dev/null || exit ${noTar}
d=\${s%/*}
exec tar -cf - -C "\${d:-/}" "./\${s##*/}"`;

/** Throws `invalid-input` when a folder would come where there is none, or the other way round: before anything is moved. */
function checkMove(from: string, to: string): void {
  const [source, target] = [lstatSync(from), lstatSync(to, { throwIfNoEntry: false })];
  if (target === undefined) return;
  const isFolder = target.isDirectory();
  if (!isFolder && !target.isFile() && !target.isSymbolicLink())
    throw new AppError('invalid-input', `“${to}” is neither a file nor a folder. Nothing was copied.`, {
      hint: 'Choose another name.',
    });
  if (source.isDirectory() !== isFolder) {
    const what = `“${to}” is ${isFolder ? 'a folder' : 'no folder'}, what was copied is ${isFolder ? 'not' : 'one'}.`;
    throw new AppError('invalid-input', `${what} Nothing was copied.`, { hint: 'Choose another name.' });
  }
  if (isFolder) for (const name of readdirSync(from)) checkMove(join(from, name), join(to, name));
}

/** Puts what arrived where it belongs; into a folder of that name it is mixed, file by file. */
function moveInto(from: string, to: string): void {
  const target = lstatSync(to, { throwIfNoEntry: false });
  if (target?.isDirectory() !== true) renameSync(from, to);
  else for (const name of readdirSync(from)) moveInto(join(from, name), join(to, name));
}
