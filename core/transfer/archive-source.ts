import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { Piece } from './archive-manifest.ts';
import { FileEndedError, readRange } from './read-range.ts';

/** A file that goes into an archive. */
export interface ArchiveSource {
  readonly name: string;
  readonly size: number;
  readonly pieces: readonly Piece[] | null;
  /** The bytes of its pieces, in order. Each chunk is only good until the next is asked for. */
  read(signal: AbortSignal | undefined): AsyncIterable<Buffer>;
}

/** A small file that is made for the archive. */
export function buildSource(name: string, content: Buffer): ArchiveSource {
  return {
    name,
    size: content.length,
    pieces: null,
    async *read() {
      yield content;
    },
  };
}

/** A file on disk as `status` saw it. `head` takes the place of its first bytes, which all lie in its first piece. */
export function createFileSource(
  name: string,
  path: string,
  status: Stats,
  pieces: readonly Piece[] | null,
  head: Buffer = Buffer.alloc(0),
): ArchiveSource {
  return {
    name,
    size: status.size,
    pieces,
    async *read(signal) {
      const file = await open(path, 'r');
      try {
        if (!isSame(await file.stat(), status)) throw buildChanged(path);
        let replaced = 0;
        for (const [start, length] of pieces ?? [[0, status.size] as const]) {
          for await (const chunk of readRange(file, start, length, signal)) {
            if (replaced < head.length) {
              const count = head.copy(chunk, 0, replaced, replaced + chunk.length);
              replaced += count;
            }
            yield chunk;
          }
        }
        if (!isSame(await file.stat(), status)) throw buildChanged(path);
      } catch (error) {
        throw error instanceof FileEndedError ? buildChanged(path) : error;
      } finally {
        await file.close();
      }
    },
  };
}

function isSame(now: Stats, then: Stats): boolean {
  return now.ino === then.ino && now.dev === then.dev && now.size === then.size && now.mtimeMs === then.mtimeMs;
}

function buildChanged(path: string): AppError {
  return new AppError('busy', `${basename(path)} was changed while it was read: ${path}`, {
    hint: 'Try again when nothing else works with the file.',
  });
}
