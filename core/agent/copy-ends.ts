import { accessSync, constants, existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { explainFileError } from '../storage/explain-file-error.ts';

/** Throws `file-not-found` when there is nothing on the host to copy into a guest. */
export function checkSource(hostPath: string): void {
  if (!existsSync(hostPath)) throw buildNothingThere(hostPath);
}

export function buildNothingThere(hostPath: string, cause?: unknown): AppError {
  return new AppError('file-not-found', `There is no “${hostPath}” to copy.`, {
    hint: 'Look at the path on this computer.',
    cause,
  });
}

/**
 * Where on the host a copy out of a guest comes to be: in the folder that is named, else under the name itself. Throws
 * `file-not-found`, `permission-denied`, or `invalid-input` for a path in the guest that ends with no name, and for what is there and is
 * neither file nor folder.
 */
export function findTarget(hostPath: string, guestPath: string): string {
  const name = basename(guestPath.replaceAll('\\', '/'));
  if (name === '' || name === '..' || name === '.')
    throw new AppError('invalid-input', `“${guestPath}” has no name to be copied under.`, { hint: 'Name a file or folder.' });
  const target = isFolder(hostPath) || hostPath.endsWith('/') ? join(hostPath, name) : hostPath;
  const folder = dirname(target);
  if (!isFolder(folder)) throw new AppError('file-not-found', `There is no folder “${folder}”.`, { hint: 'Make it first.' });
  const place = resolveLink(target);
  const there = lstatSync(place, { throwIfNoEntry: false });
  // What is put in its place would take away a device, or a pipe that somebody reads.
  if (there !== undefined && !there.isFile() && !there.isDirectory())
    throw new AppError('invalid-input', `“${target}” is neither a file nor a folder, so nothing is copied over it.`, {
      hint: 'Choose another name.',
    });
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw explainFileError(error, `Nothing can be copied to “${folder}”`);
  }
  return place;
}

/** A link that is named means what it leads to. */
function resolveLink(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path;
  try {
    return realpathSync(path);
  } catch (error) {
    throw new AppError('file-not-found', `“${path}” is a link that leads nowhere.`, {
      hint: 'Choose another name.',
      cause: error,
    });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
