import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { findProcess, isAlive } from '../qemu/qemu-process.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import type { Homes } from '../storage/homes.ts';
import { buildExistsError, putInPlace } from '../storage/put-in-place.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';

/** A file that is written beside its place under another name, and put there when it is whole. */
export interface TargetFile {
  readonly path: string;
  /** Where it is written; what else is called like this and a dot more is removed as well. */
  readonly temporary: string;
}

/**
 * Lets `write` fill files, then puts all of them in place. When it fails nothing of them remains; what a killed process left
 * is removed when the same file is written again. Throws `file-exists` unless `force`.
 */
export async function writeTargets<T>(
  homes: Homes,
  paths: readonly string[],
  force: boolean,
  write: (targets: readonly TargetFile[]) => Promise<T>,
): Promise<T> {
  for (const path of paths) checkTarget(homes, path, force);
  const owner = buildOwner();
  const targets = paths.map((path) => ({ path, temporary: join(dirname(path), `${buildPrefix(path)}${owner}`) }));
  for (const { path } of targets) removeLeftovers(path);
  const placed: string[] = [];
  try {
    const result = await write(targets);
    for (const { temporary } of targets) await syncWritten(temporary);
    for (const target of targets) {
      putInPlace(target.temporary, target.path, { mayReplace: force });
      placed.push(target.path);
    }
    for (const folder of new Set(paths.map(dirname))) syncFolder(folder);
    return result;
  } catch (error) {
    if (!force) for (const path of placed) rmSync(path, { force: true });
    throw explainFileError(error, `${paths[0]} was not written`);
  } finally {
    for (const { path } of targets) removeMatching(path, (other) => other === owner);
  }
}

const prefix = '.bothy-export-';

/** The same for each file that is written to the same place. */
function buildPrefix(path: string): string {
  return `${prefix}${createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)}-`;
}

let count = 0;

/** This process, told apart from a later one with the same number, and this piece of its work. */
function buildOwner(): string {
  count += 1;
  return `${process.pid}-${findProcess(process.pid)?.startTicks ?? 0}-${count}`;
}

function checkTarget({ machines }: Homes, path: string, force: boolean): void {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new AppError('invalid-input', `The file has no absolute path: ${JSON.stringify(path)}`, {
      hint: 'Give the whole path, beginning with /.',
    });
  }
  const folder = findFolder(dirname(path));
  if (folder === undefined) {
    throw new AppError('file-not-found', `The folder ${dirname(path)} is not there.`, {
      hint: 'Make it first, or choose another.',
    });
  }
  const inside = relative(realpathSync(machines), folder);
  if (!inside.startsWith('..')) {
    throw new AppError('invalid-input', `${path} is in the folder of the machines.`, { hint: 'Choose another folder.' });
  }
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isFile()) {
    throw new AppError('invalid-input', `${path} is there already, and is no plain file.`, { hint: 'Choose another name.' });
  }
  if (!force) throw buildExistsError(path);
}

function findFolder(path: string): string | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? realpathSync(path) : undefined;
}

async function syncWritten(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    // It may hold passwords and keys of the guest.
    await file.chmod(0o600);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Of processes that are dead. */
function removeLeftovers(path: string): void {
  removeMatching(path, (owner) => {
    const [pid, startTicks] = owner.split('-').map(Number);
    return pid !== undefined && startTicks !== undefined && !isAlive({ pid, startTicks });
  });
}

function removeMatching(path: string, isMeant: (owner: string) => boolean): void {
  const start = buildPrefix(path);
  for (const name of readdirSync(dirname(path))) {
    const owner = name.startsWith(start) ? /^([0-9]+-[0-9]+-[0-9]+)(\.|$)/.exec(name.slice(start.length))?.[1] : undefined;
    if (owner !== undefined && isMeant(owner)) rmSync(join(dirname(path), name), { force: true });
  }
}
