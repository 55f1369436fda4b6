import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `qemu-img check` counts. */
export interface ImageFaults {
  readonly corruptions: number;
  readonly leaks: number;
}

/** Asks the real qemu-img about an image; `isInUse` is for one that a running QEMU holds. */
export async function checkImage(file: string, { isInUse = false } = {}): Promise<ImageFaults> {
  const argv = ['check', ...(isInUse ? ['-U'] : []), '-f', 'qcow2', '--output=json', file];
  // Exit code 2 is corruption, 3 is leaks; both come with the numbers.
  const { stdout } = await run('qemu-img', argv).catch((error: { stdout?: string; stderr?: string }) => {
    if (error.stdout?.includes('{') !== true) throw new Error(`qemu-img check ${file}: ${error.stderr ?? String(error)}`);
    return { stdout: error.stdout };
  });
  const facts = JSON.parse(stdout) as { corruptions?: number; leaks?: number; 'check-errors'?: number };
  return { corruptions: (facts.corruptions ?? 0) + (facts['check-errors'] ?? 0), leaks: facts.leaks ?? 0 };
}

/** All a guest would read from a layer and what it builds on. */
export async function readDiskContent(layer: string, scratch: string): Promise<Buffer> {
  reads += 1;
  const raw = join(scratch, `content-${process.pid}-${reads}.raw`);
  try {
    await run('qemu-img', ['convert', '-U', '-f', 'qcow2', '-O', 'raw', layer, raw]);
    return await readFile(raw);
  } finally {
    rmSync(raw, { force: true });
  }
}

let reads = 0;
