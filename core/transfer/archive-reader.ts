import { createHash, type Hash } from 'node:crypto';
import { constants, mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TaskContext } from '../task/task-list.ts';
import {
  type ArchiveFile,
  type ArchiveManifest,
  buildArchiveEnd,
  countPacked,
  manifestName,
  maxManifestBytes,
  measureArchive,
  parseManifest,
  refuseArchive,
} from './archive-manifest.ts';
import { FileEndedError, readBytes, readRange, writeAll } from './read-range.ts';
import { buildTarHeader, padToBlock, parseTarHeader, tarBlockBytes } from './tar-header.ts';

/** An archive whose manifest was read and fits the file's size; nothing else of it was looked at. */
export interface OpenArchive {
  readonly manifest: ArchiveManifest;
  /** What unpacking it writes. */
  readonly contentBytes: number;
  /**
   * Writes its files below an empty folder and compares the digest at the end: until this has ended well, nothing in the
   * folder may be used. Throws `archive-invalid` at the first byte that is not as Bothy writes it.
   */
  extract(folder: string, context: TaskContext): Promise<void>;
  close(): Promise<void>;
}

/** Whether a file begins as a `.bothy` archive does. */
export function isArchiveHead(head: Buffer): boolean {
  return head.length >= tarBlockBytes && parseTarHeader(head.subarray(0, tarBlockBytes))?.name === manifestName;
}

/** Opens a regular file. Throws `archive-invalid`, or what the file system says. */
export async function openArchive(path: string): Promise<OpenArchive> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw refuseArchive(path, 'it is no file');
    const manifestBytes = await readManifestBytes(file, status.size, path);
    const manifest = parseManifest(manifestBytes, path);
    const { digestAt, totalBytes } = measureArchive(manifestBytes.length, manifest.files);
    if (totalBytes !== status.size) {
      const isShort = status.size < totalBytes;
      throw refuseArchive(
        path,
        `it has ${status.size} bytes and should have ${totalBytes}${isShort ? ': its end is missing' : ''}`,
      );
    }
    return {
      manifest,
      contentBytes: manifest.files.reduce((sum, entry) => sum + countPacked(entry), 0),
      extract: (folder, context) =>
        extract({ path, file, digestAt, totalBytes }, manifestBytes, manifest.files, folder, context).catch((error: unknown) => {
          throw error instanceof FileEndedError ? refuseArchive(path, 'it became shorter while it was read') : error;
        }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readManifestBytes(file: FileHandle, fileBytes: number, path: string): Promise<Buffer> {
  if (fileBytes < tarBlockBytes) throw refuseArchive(path, 'it is too short');
  const block = await readBytes(file, 0, tarBlockBytes);
  const header = parseTarHeader(block);
  if (header?.name !== manifestName) throw refuseArchive(path, 'it does not begin with a manifest');
  const { size } = header;
  if (size > maxManifestBytes || tarBlockBytes + size > fileBytes)
    throw refuseArchive(path, `its manifest cannot have ${size} bytes`);
  if (!block.equals(buildTarHeader(manifestName, size))) throw refuseArchive(path, 'it does not begin as Bothy writes it');
  return readBytes(file, tarBlockBytes, size);
}

interface Place {
  readonly path: string;
  readonly file: FileHandle;
  readonly digestAt: number;
  readonly totalBytes: number;
}

async function extract(
  { path, file, digestAt, totalBytes }: Place,
  manifestBytes: Buffer,
  files: readonly ArchiveFile[],
  folder: string,
  context: TaskContext,
): Promise<void> {
  const hash = createHash('sha256');
  let position = 0;
  /** Each byte is read, added to the digest and handed on once. */
  async function* take(length: number): AsyncGenerator<Buffer> {
    for await (const chunk of readRange(file, position, length, context.signal)) {
      hash.update(chunk);
      position += chunk.length;
      context.progress(position / totalBytes, 'Unpacking');
      yield chunk;
    }
  }
  const expect = async (wanted: Buffer, what: string): Promise<void> => {
    const found: Buffer[] = [];
    for await (const chunk of take(wanted.length)) found.push(Buffer.from(chunk));
    if (!Buffer.concat(found).equals(wanted)) throw refuseArchive(path, `${what} is not as Bothy writes it`);
  };
  const begin = (name: string, size: number) => expect(buildTarHeader(name, size), `the header of ${name}`);
  const end = (name: string, size: number) => expect(Buffer.alloc(padToBlock(size) - size), `what follows ${name}`);

  await begin(manifestName, manifestBytes.length);
  await expect(manifestBytes, 'the manifest');
  await end(manifestName, manifestBytes.length);
  for (const entry of files) {
    const size = countPacked(entry);
    await begin(entry.name, size);
    await extractFile(join(folder, entry.name), entry, take);
    await end(entry.name, size);
  }
  if (position !== digestAt) throw new Error(`the digest is at ${digestAt}, not at ${position}`);
  await checkEnd(path, file, position, totalBytes, hash);
}

async function extractFile(target: string, entry: ArchiveFile, take: (length: number) => AsyncIterable<Buffer>): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  const file = await open(target, 'wx', 0o600);
  try {
    await file.truncate(entry.size);
    for (const [start, length] of entry.pieces ?? [[0, entry.size] as const]) {
      let position = start;
      for await (const chunk of take(length)) {
        await writeAll(file, chunk, position);
        position += chunk.length;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function checkEnd(path: string, file: FileHandle, digestAt: number, totalBytes: number, hash: Hash): Promise<void> {
  const found = await readBytes(file, digestAt, totalBytes - digestAt);
  if (found.equals(buildArchiveEnd(hash.digest('hex')))) return;
  throw refuseArchive(path, 'its content does not fit its checksum');
}
