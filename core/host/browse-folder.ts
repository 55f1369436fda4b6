import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { FolderListing } from '../../contract/host.ts';

type Entry = FolderListing['entries'][number];

/** How many files are looked at together; libuv has four threads, so more only cost memory. */
const batchSize = 64;

/**
 * Lists a folder for a file chooser: folders first, in the order people count. Hidden files, and what is neither a file
 * nor a folder, are left out. Throws `file-not-found`, `file-unreadable`, `invalid-input`.
 */
export async function browseFolder(path: string): Promise<FolderListing> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new AppError('invalid-input', `${JSON.stringify(path)} is not an absolute path.`, {
      hint: 'Give a path that begins with /.',
    });
  }
  const folder = normalize(path).replace(/(.)\/+$/, '$1');
  const names = (await readNames(folder)).filter(({ name }) => !name.startsWith('.') && !name.includes('\uFFFD'));
  const entries: Entry[] = [];
  for (let start = 0; start < names.length; start += batchSize) {
    const batch = await Promise.all(names.slice(start, start + batchSize).map((entry) => findEntry(folder, entry)));
    entries.push(...batch.filter((entry) => entry !== undefined));
  }
  return { folder, parent: folder === '/' ? null : dirname(folder), entries: entries.sort(compareEntries) };
}

async function readNames(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new AppError('file-not-found', `There is no folder ${folder}.`, { hint: 'Choose another folder.', cause: error });
    }
    const message =
      code === 'ENOTDIR' ? `${folder} is not a folder.` : `The folder ${folder} cannot be read (${code ?? 'unknown error'}).`;
    throw new AppError('file-unreadable', message, {
      hint: 'Choose another folder, or allow your user to read it.',
      cause: error,
    });
  }
}

/** Follows links; a link to nothing, or a file that vanished meanwhile, is no entry. */
async function findEntry(folder: string, entry: Dirent): Promise<Entry | undefined> {
  const { name } = entry;
  const path = join(folder, name);
  if (entry.isDirectory()) return { name, path, kind: 'folder', size: null };
  if (!entry.isFile() && !entry.isSymbolicLink()) return undefined;
  try {
    const status = await stat(path);
    if (status.isDirectory()) return { name, path, kind: 'folder', size: null };
    return status.isFile() ? { name, path, kind: 'file', size: status.size } : undefined;
  } catch {
    return entry.isFile() ? { name, path, kind: 'file', size: null } : undefined;
  }
}

const collator = new Intl.Collator('en', { numeric: true });

function compareEntries(a: Entry, b: Entry): number {
  if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1;
  return collator.compare(a.name, b.name);
}
