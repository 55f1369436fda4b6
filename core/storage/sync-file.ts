import { open } from 'node:fs/promises';

/** Brings to the disk what was written to a file; the kernel would otherwise do so when it likes. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
