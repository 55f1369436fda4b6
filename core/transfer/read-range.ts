import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../../contract/app-error.ts';

const chunkBytes = 1024 * 1024;

/**
 * Reads a part of a file, chunk by chunk; each chunk is only good until the next is asked for. Throws `ended` when the file
 * is shorter, and `cancelled` with the signal.
 */
export async function* readRange(
  file: FileHandle,
  start: number,
  length: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, length));
  for (let done = 0; done < length; ) {
    throwIfCancelled(signal);
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - done), start + done);
    if (bytesRead === 0) throw new FileEndedError();
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

/** A file that became shorter than it was, or was said to be. */
export class FileEndedError extends Error {}

/** A part of a file that fits into memory. */
export async function readBytes(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readRange(file, start, length, undefined)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Writes all of it: a disk that is just filling up takes a part and calls that success. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('cancelled', 'It was cancelled.');
}
