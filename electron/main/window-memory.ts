import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../core/storage/write-file-atomically.ts';

const windowMemorySchema = z.strictObject({
  bounds: z.strictObject({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() }).nullable(),
  isMaximized: z.boolean(),
  /** Whether the person was told that machines go on without the window. */
  isFarewellSaid: z.boolean(),
});

/** What the window remembers from one run to the next. */
export type WindowMemory = z.infer<typeof windowMemorySchema>;

/** Reads it; a file that is missing or makes no sense counts as nothing remembered. */
export function readWindowMemory(path: string): WindowMemory {
  try {
    return windowMemorySchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return { bounds: null, isMaximized: false, isFarewellSaid: false };
  }
}

/** Writes it; a window that cannot be remembered still closes. */
export function writeWindowMemory(path: string, memory: WindowMemory): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomically(path, `${JSON.stringify(memory, null, 2)}\n`, { isDurable: false });
  } catch (error) {
    process.stderr.write(`bothy: the window's place was not remembered: ${(error as Error).message}\n`);
  }
}
