import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/app-error.ts';
import { machineConfigurationSchema } from '../../contract/machine.ts';
import { launchFactsSchema } from '../machine/run-record.ts';
import { savedFile } from '../storage/file-names.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';

/** What memory was saved of, and what it needs to go on. `bytes` is the length of `memory.state`. */
const savedMemorySchema = z.strictObject({
  state: z.enum(['running', 'paused']),
  accelerator: z.enum(['kvm', 'tcg']),
  qemuVersion: z.string(),
  launch: launchFactsSchema,
  bytes: z.int().positive(),
  /** Whether it is that of another machine: the guest has yet to be told who it is now. */
  isForeign: z.boolean().optional(),
});
export type SavedMemory = z.infer<typeof savedMemorySchema>;

/** `saved.json` in the folder of a snapshot or of a suspended machine. */
const savedStateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  savedAt: z.iso.datetime(),
  /** With memory: the configuration the saved QEMU had been started with. */
  configuration: machineConfigurationSchema,
  memory: savedMemorySchema.nullable(),
});
export type SavedState = z.infer<typeof savedStateSchema>;

/** Reads what a folder saved. Throws `image-invalid` that names the file. */
export function readSavedState(folder: string): SavedState {
  const file = join(folder, savedFile.facts);
  try {
    return savedStateSchema.parse(JSON.parse(readSmallFile(file)));
  } catch (error) {
    throw new AppError('image-invalid', `${file} cannot be used: ${describe(error)}.`, {
      hint: 'What it saved cannot be brought back; the other snapshots are not touched by this.',
      cause: error,
    });
  }
}

export function writeSavedState(folder: string, state: SavedState): void {
  writeFileAtomically(join(folder, savedFile.facts), `${JSON.stringify(state, null, 2)}\n`);
}

function describe(error: unknown): string {
  if (!(error instanceof z.ZodError)) return (error as Error).message;
  const issue = error.issues[0];
  return `${issue?.path.join('.') ?? 'the file'}: ${issue?.message ?? 'not valid'}`;
}
