import { z } from 'zod';
import { AppError } from '../../contract/app-error.ts';
import { buildTarHeader, padToBlock, tarBlockBytes } from './tar-header.ts';

/** The entry a `.bothy` file begins with, and the one it ends with (docs/archive.md). */
export const manifestName = 'manifest.json';
const digestName = 'sha256';

/** Where a piece of a file begins, and how long it is. What is in no piece reads as zeros. */
const pieceSchema = z.tuple([z.int().min(0), z.int().min(1)]);
export type Piece = z.infer<typeof pieceSchema>;

const plain = '[0-9A-Za-z][0-9A-Za-z._-]{0,54}';
const label = '[0-9a-z]{8}';
const saved = `saved\\.json|memory\\.state|nvram\\.fd|thumbnail\\.png|tpm/${plain}`;
/** All names there can be, so that nothing can land anywhere else; short enough for a plain tar header. */
const namePattern = new RegExp(
  `^(?:nvram(?:-${label})?\\.fd|(?:disks|boot|tpm(?:-${label})?)/${plain}|(?:snapshots/${label}|suspended-${label})/(?:${saved}))$`,
);

const maxFileBytes = 64 * 1024 ** 4;
const maxFiles = 100_000;
/** A file with more holes than this is packed with its smallest holes filled. */
export const maxPieces = 1000;
/** Longest text of a manifest. */
export const maxManifestBytes = 64 * 1024 ** 2;

const archiveFileSchema = z.strictObject({
  name: z.string().regex(namePattern),
  size: z.int().min(0).max(maxFileBytes),
  /** The pieces that are in the archive; null when it is all there. */
  pieces: z.array(pieceSchema).max(maxPieces).nullable(),
});
export type ArchiveFile = z.infer<typeof archiveFileSchema>;

const manifestSchema = z.strictObject({
  format: z.literal('bothy-machine'),
  version: z.literal(1),
  /** The Bothy that wrote it, for people. */
  writtenBy: z.string(),
  /** `machine.json`; a kernel that was started directly is named as `boot/...`. */
  machine: z.looseObject({ id: z.string(), name: z.string() }),
  files: z.array(archiveFileSchema).max(maxFiles),
});
export type ArchiveManifest = z.infer<typeof manifestSchema>;

export function formatManifest(manifest: ArchiveManifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest)}\n`);
}

/** Throws `archive-invalid`; `path` is what the error names. */
export function parseManifest(bytes: Buffer, path: string): ArchiveManifest {
  const value = parseJson(bytes, path);
  const { version } = value as { version?: unknown };
  if (typeof version === 'number' && version > 1) {
    throw new AppError(
      'archive-invalid',
      `${path} was written by a newer Bothy (archive version ${version}, this one reads 1).`,
      {
        hint: 'Update Bothy.',
      },
    );
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refuseArchive(path, `its manifest is not valid (${issue?.path.join('.')}: ${issue?.message})`);
  }
  const manifest = result.data;
  const names = new Set(manifest.files.map(({ name }) => name));
  if (names.size !== manifest.files.length) throw refuseArchive(path, 'its manifest names a file twice');
  const odd = manifest.files.find((file) => !hasOrderedPieces(file));
  if (odd !== undefined) throw refuseArchive(path, `the pieces of ${odd.name} overlap or lie outside it`);
  return manifest;
}

/** How many bytes of a file are in the archive. */
export function countPacked({ size, pieces }: { size: number; pieces: readonly Piece[] | null }): number {
  return pieces === null ? size : pieces.reduce((sum, [, length]) => sum + length, 0);
}

/** Everything up to the digest, and with it: the size of an archive follows from its manifest. */
export function measureArchive(manifestBytes: number, files: readonly ArchiveFile[]): { digestAt: number; totalBytes: number } {
  const entry = (size: number): number => tarBlockBytes + padToBlock(size);
  const digestAt = files.reduce((sum, file) => sum + entry(countPacked(file)), entry(manifestBytes));
  return { digestAt, totalBytes: digestAt + entry(digestBytes) + endBytes };
}

/** The digest as 64 hexadecimal digits and a line feed. */
const digestBytes = 65;
/** A tar file ends with two blocks of zeros. */
const endBytes = 2 * tarBlockBytes;

/** What an archive ends with: the entry with the digest of all that is before it, in hexadecimal digits. */
export function buildArchiveEnd(digest: string): Buffer {
  const text = Buffer.from(`${digest}\n`);
  return Buffer.concat([
    buildTarHeader(digestName, digestBytes),
    text,
    Buffer.alloc(padToBlock(digestBytes) - digestBytes + endBytes),
  ]);
}

export function refuseArchive(path: string, why: string): AppError {
  return new AppError('archive-invalid', `${path} is refused: ${why}.`, {
    hint: 'It is damaged, or was not made by Bothy. Copy it again from where it came from, or export the machine anew.',
  });
}

function parseJson(bytes: Buffer, path: string): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw refuseArchive(path, 'its manifest is no JSON');
}

function hasOrderedPieces({ size, pieces }: ArchiveFile): boolean {
  let end = 0;
  for (const [start, length] of pieces ?? []) {
    if (start < end) return false;
    end = start + length;
  }
  return end <= size;
}
