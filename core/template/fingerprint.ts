import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AppError } from '../../contract/app-error.ts';

/** How much is read at once; a piece that is all zero is passed over. */
const pieceBytes = 1024 * 1024;
const zeros = Buffer.alloc(pieceBytes);

export interface FingerprintOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes have been read since it was told the last time. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/**
 * The checksum of a file of memory, most of which is zero: SHA-256, in hexadecimal, over the place and content of each piece
 * of 1 MiB that is not, and the length. Every bit counts all the same. Throws `cancelled`, and the file system's errors.
 */
export async function computeFingerprint(path: string, { signal, onRead }: FingerprintOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  let length = 0;
  await readPieces(path, signal, (piece) => {
    const isZero = piece.equals(zeros.subarray(0, piece.length));
    if (!isZero) hash.update(`${length}:`).update(piece);
    length += piece.length;
    onRead?.(piece.length);
  });
  return hash.update(`${length}`).digest('hex');
}

/** The plain SHA-256 of a file, in hexadecimal. */
export async function computeSha256(path: string, { signal, onRead }: FingerprintOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  await readPieces(path, signal, (piece) => {
    hash.update(piece);
    onRead?.(piece.length);
  });
  return hash.digest('hex');
}

async function readPieces(path: string, signal: AbortSignal | undefined, take: (piece: Buffer) => void): Promise<void> {
  const file = await open(path, 'r');
  const buffer = Buffer.allocUnsafe(pieceBytes);
  try {
    for (let position = 0; ; ) {
      if (signal?.aborted === true) throw new AppError('cancelled', `Reading ${path} was cancelled.`);
      let filled = 0;
      // A read may give less than was asked for; pieces are of one size wherever the kernel cuts.
      for (;;) {
        const { bytesRead } = await file.read(buffer, filled, pieceBytes - filled, position + filled);
        filled += bytesRead;
        if (bytesRead === 0 || filled === pieceBytes) break;
      }
      if (filled === 0) return;
      take(buffer.subarray(0, filled));
      position += filled;
    }
  } finally {
    await file.close();
  }
}
