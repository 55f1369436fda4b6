import { lutimesSync, mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { ReadEntry } from 'tar/read-entry';
import { Unpack } from 'tar/unpack';
import { AppError } from '../../contract/app-error.ts';
import type { CopyResult } from './copy-files.ts';

/**
 * Unpacks a tar stream of a guest, which may be hostile, into an empty folder of its own: an entry that would lead out of it, be it by
 * its name, by a link that came before, or as a hard link, ends it all. Links are made when all else is there, so that none can be followed;
 * they lead wherever they did. Files, folders and links only; no set-id bits, no owners.
 */
export async function unpackCarefully(source: AsyncIterable<Buffer>, folder: string): Promise<CopyResult> {
  const links = new Map<string, ReadEntry>();
  let entries = 0;
  let bytes = 0;
  let files = 0;
  let problem: Error | null = null;
  const unpack = new Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    preservePaths: false,
    filter: (_path, entry) => {
      entries += 1;
      problem ??= entries > mostEntries ? tooMany() : findProblem(entry as ReadEntry, links);
      return problem === null && (entry as ReadEntry).type !== 'SymbolicLink';
    },
    onReadEntry: (entry) => {
      entry.mode = (entry.mode ?? 0o644) & 0o777;
      if (entry.type === 'File') files += 1;
      bytes += entry.size ?? 0;
    },
  });
  const closed = new Promise<void>((resolve, reject) => {
    unpack.on('close', resolve);
    unpack.on('error', (error: unknown) => {
      problem ??= error as Error;
      reject(error);
    });
  });
  closed.catch(() => undefined);
  for await (const chunk of source) {
    const isReady = unpack.write(chunk);
    if (problem !== null) throw problem;
    if (!isReady) await Promise.race([closed, new Promise<void>((resolve) => unpack.once('drain', resolve))]);
  }
  unpack.end();
  await closed;
  if (problem !== null) throw problem;
  for (const [path, entry] of links) makeLink(folder, path, entry);
  return { bytes, files };
}

/** What a guest can have made up without end; a whole system has some hundred thousand. */
const mostEntries = 5_000_000;

function tooMany(): AppError {
  return new AppError('invalid-input', `The guest sent more than ${mostEntries} files and folders; nothing was copied.`, {
    hint: 'Copy parts of it, or do not trust this guest.',
  });
}

/** The folder it is in keeps its time. */
function makeLink(folder: string, path: string, { linkpath = '', mtime = new Date() }: ReadEntry): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  const before = statSync(dirname(place));
  symlinkSync(linkpath, place);
  lutimesSync(place, mtime, mtime);
  utimesSync(dirname(place), before.atime, before.mtime);
}

/** Remembers links: nothing may be written below one. */
function findProblem(entry: ReadEntry, links: Map<string, ReadEntry>): AppError | null {
  const path = posix.normalize(entry.path).replace(/\/+$/, '');
  if (isOutside(path) || leadsOverLink(path, links)) return refuse(entry.path);
  switch (entry.type) {
    case 'SymbolicLink':
      links.set(path, entry);
      return null;
    case 'Link': {
      const to = posix.normalize(entry.linkpath ?? '');
      return isOutside(to) || links.has(to) || leadsOverLink(to, links) ? refuse(`${entry.path} -> ${entry.linkpath}`) : null;
    }
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
    case 'Directory':
    case 'GNUDumpDir':
      return links.has(path) ? refuse(entry.path) : null;
    default:
      return new AppError('invalid-input', `“${entry.path}” is a ${entry.type}, which cannot be copied.`, {
        hint: 'Files, folders and links can be copied. Leave it out.',
      });
  }
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path === '..' || path.startsWith('../') || path.includes('\0');
}

function leadsOverLink(path: string, links: Map<string, ReadEntry>): boolean {
  const parts = path.split('/');
  return parts.some((_part, index) => index > 0 && links.has(parts.slice(0, index).join('/')));
}

function refuse(what: string): AppError {
  return new AppError(
    'invalid-input',
    `The guest sent “${what}”, which leads out of the folder it is copied to; nothing was copied.`,
    {
      hint: 'Do not trust this guest.',
    },
  );
}
