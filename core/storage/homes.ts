import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { longestSocketName, maxSocketPathBytes } from './file-names.ts';

/** Where everything is kept. Absolute paths. */
export interface Homes {
  readonly data: string;
  readonly machines: string;
  readonly runtime: string;
  readonly cache: string;
}

/** Finds the folders from `BOTHY_HOME`, else from the XDG base directory variables. Creates nothing. */
export function resolveHomes(environment: Readonly<Record<string, string | undefined>>): Homes {
  const own = environment['BOTHY_HOME'];
  if (own !== undefined && own !== '') {
    if (!isAbsolute(own)) {
      throw new AppError('invalid-input', `BOTHY_HOME is not an absolute path: ${own}`, {
        hint: 'Set it to a path that begins with /.',
      });
    }
    return { data: own, machines: join(own, 'machines'), runtime: join(own, 'run'), cache: join(own, 'cache') };
  }
  const folder = (name: string, fallback: string): string => {
    const value = environment[name];
    return value !== undefined && isAbsolute(value) ? value : fallback;
  };
  // An empty HOME would make every path relative to the current folder.
  const home = folder('HOME', userInfo().homedir);
  const data = join(folder('XDG_DATA_HOME', join(home, '.local/share')), 'bothy');
  const runtimeBase = environment['XDG_RUNTIME_DIR'];
  return {
    data,
    machines: join(data, 'machines'),
    runtime:
      runtimeBase !== undefined && isAbsolute(runtimeBase) ? join(runtimeBase, 'bothy') : `/tmp/bothy-${process.getuid?.() ?? 0}`,
    cache: join(folder('XDG_CACHE_HOME', join(home, '.cache')), 'bothy'),
  };
}

/** Makes the folders, private to this user, and refuses a runtime folder that somebody else prepared. */
export function prepareHomes(homes: Homes): void {
  try {
    for (const folder of [homes.data, homes.machines, homes.cache, homes.runtime]) makeFolder(folder);
  } catch (error) {
    throw new AppError('permission-denied', `Bothy's folder cannot be made: ${(error as Error).message}`, {
      hint: 'Make the folder writable, or set BOTHY_HOME to a folder that is.',
      cause: error,
    });
  }
  const status = lstatSync(homes.runtime);
  const user = process.getuid?.() ?? status.uid;
  if (!status.isDirectory() || status.uid !== user) {
    throw new AppError('permission-denied', `The runtime folder ${homes.runtime} does not belong to you.`, {
      hint: 'Remove it, or set XDG_RUNTIME_DIR or BOTHY_HOME to a folder of your own.',
    });
  }
  if ((status.mode & 0o077) !== 0) chmodSync(homes.runtime, 0o700);
}

/** Makes a folder and those above it. Node's own recursive form never ends in a file system such as /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Refuses a runtime folder whose sockets would not fit into a socket address. */
export function checkSocketBudget(homes: Homes, id: string): void {
  const longest = join(homes.runtime, id, longestSocketName);
  const bytes = Buffer.byteLength(longest);
  if (bytes <= maxSocketPathBytes) return;
  throw new AppError(
    'path-too-long',
    `The path ${longest} has ${bytes} bytes; a Unix socket's path can have ${maxSocketPathBytes}.`,
    {
      hint: 'Set BOTHY_HOME or XDG_RUNTIME_DIR to a shorter path.',
    },
  );
}
