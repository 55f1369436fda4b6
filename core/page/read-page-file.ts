import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** A file of the built window, as a face hands it to the page. */
export interface PageFile {
  readonly body: Buffer;
  readonly contentType: string;
  /** Whether the name carries a hash of the content, so that it never changes. */
  readonly isImmutable: boolean;
}

/**
 * Reads a file of the window by the path of its URL, undefined when there is none. Paths that do not look like a file are
 * routes of the window and give its index. Nothing outside the folder is ever read, neither by `..` nor by a link.
 */
export async function readPageFile(folder: string, urlPath: string): Promise<PageFile | undefined> {
  const segments = parseSegments(urlPath);
  if (segments === undefined) return undefined;
  const isRoute = extname(segments.at(-1) ?? '') === '';
  const relativePath = isRoute ? 'index.html' : segments.join(sep);
  const contentType = contentTypes[extname(relativePath).toLowerCase()];
  if (contentType === undefined) return undefined;
  const body = await readInside(folder, relativePath);
  if (body === undefined) return undefined;
  return { body, contentType, isImmutable: !isRoute && segments[0] === 'assets' };
}

/** The decoded segments of a URL path, undefined when one of them could mean anything but a plain name. */
function parseSegments(urlPath: string): string[] | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith('/') || decoded.includes('\0') || decoded.includes('\\')) return undefined;
  const segments = decoded.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  const isPlain = segments.every((segment) => segment !== '' && !segment.startsWith('.'));
  return isPlain ? segments : undefined;
}

async function readInside(folder: string, relativePath: string): Promise<Buffer | undefined> {
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, relativePath));
    if (!path.startsWith(root + sep)) return undefined;
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return (await file.stat()).isFile() ? await file.readFile() : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'EACCES'].includes(code);
}

/** Only what a build of the window contains; a name without a known type is not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
};
