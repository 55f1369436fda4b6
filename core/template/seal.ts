import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/app-error.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';
import { computeFingerprint, type FingerprintOptions } from './fingerprint.ts';

/** Its name in a template's folder, for the disks and what belongs to them, and in that of each frozen memory. */
const sealFile = 'checksums.json';

/** Files that nobody may change: their lengths in bytes and checksums (fingerprint.ts), by path relative to the template's folder. */
const sealSchema = z.strictObject({
  schemaVersion: z.literal(1),
  files: z.record(z.string(), z.strictObject({ bytes: z.int(), sha256: z.string() })),
});
export type SealedFiles = z.infer<typeof sealSchema>['files'];

/**
 * Writes down what files of a template are like. `folder` is the template's, `place` the folder below it where that is
 * written, or empty; `known` are checksums that need not be computed again.
 */
export async function sealFiles(
  folder: string,
  place: string,
  paths: readonly string[],
  options: FingerprintOptions & { readonly known?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const files: SealedFiles = {};
  for (const path of paths) {
    const file = join(folder, path);
    files[path] = { bytes: statSync(file).size, sha256: options.known?.[path] ?? (await computeFingerprint(file, options)) };
  }
  writeFileAtomically(join(folder, place, sealFile), `${JSON.stringify({ schemaVersion: 1, files }, null, 2)}\n`);
}

/** Reads that. Throws `image-invalid` that says what is wrong with the file. */
export function readSealed(folder: string, place: string): SealedFiles {
  const path = join(place, sealFile);
  try {
    return sealSchema.parse(JSON.parse(readSmallFile(join(folder, path)))).files;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AppError('image-invalid', isMissing ? 'is missing' : 'is damaged', { details: path, cause: error });
  }
}

/** The path of the file itself, relative to the template's folder. */
export function buildSealPath(place: string): string {
  return join(place, sealFile);
}
