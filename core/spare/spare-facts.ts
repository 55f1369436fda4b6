import { join } from 'node:path';
import { z } from 'zod';
import { runtimeFile } from '../storage/file-names.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { removeFile } from '../storage/remove.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';

/** `spare.json`: what the guest of a spare can do. It is there once the spare is whole. */
const spareFactsSchema = z.strictObject({ hasAgent: z.boolean(), isShellParked: z.boolean() });
export type SpareFacts = z.infer<typeof spareFactsSchema>;

/** Undefined while it is being made. */
export function findSpareFacts(runtimeFolder: string): SpareFacts | undefined {
  try {
    return spareFactsSchema.parse(JSON.parse(readSmallFile(join(runtimeFolder, runtimeFile.spare))));
  } catch {
    return undefined;
  }
}

export function writeSpareFacts(runtimeFolder: string, facts: SpareFacts): void {
  writeFileAtomically(join(runtimeFolder, runtimeFile.spare), JSON.stringify(facts), { isDurable: false });
}

/** It is somebody's machine from now on. */
export function forgetSpareFacts(runtimeFolder: string): void {
  removeFile(join(runtimeFolder, runtimeFile.spare));
}
