import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';

const mebibyte = 1024 * 1024;

/** Memory of the host; available is what programs can get without swapping. */
export function readMemory(): { totalMiB: number; availableMiB: number } {
  return { totalMiB: Math.floor(totalmem() / mebibyte), availableMiB: Math.floor(freemem() / mebibyte) };
}

/** Bytes this user can still write where the folder is, or will be. */
export async function readFreeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if (parent === folder) throw error;
    return readFreeBytes(parent);
  }
}
