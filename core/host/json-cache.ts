import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bothyVersion } from '../version.ts';

/** The few newest entries stay; more than these only come from switching between QEMUs. */
const maxEntries = 8;

interface CacheFile {
  readonly bothyVersion: string;
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
}

/** What is known about the host from an earlier look, by a key that changes when it may no longer be true. */
export interface JsonCache<T> {
  find(key: string): T | undefined;
  /** A cache that cannot be written costs time at the next start and nothing else, so that is no error. */
  write(key: string, value: T): void;
}

/** A small file that several processes may replace at once; the last one wins, and all of them wrote the truth. */
export function createJsonCache<T>(folder: string, name: string, isValid: (value: unknown) => value is T): JsonCache<T> {
  const path = join(folder, name);
  return {
    find(key) {
      const value = readCacheFile(path).entries.find((entry) => entry.key === key)?.value;
      return isValid(value) ? value : undefined;
    },
    write(key, value) {
      const others = readCacheFile(path).entries.filter((entry) => entry.key !== key);
      const file: CacheFile = { bothyVersion, entries: [{ key, value }, ...others].slice(0, maxEntries) };
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(temporary, JSON.stringify(file), { mode: 0o600 });
        renameSync(temporary, path);
      } catch {
        rmSync(temporary, { force: true });
      }
    },
  };
}

function readCacheFile(path: string): CacheFile {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as Partial<CacheFile> | null;
    if (file?.bothyVersion === bothyVersion && Array.isArray(file.entries)) {
      return { bothyVersion, entries: file.entries.filter((entry) => typeof entry?.key === 'string') };
    }
  } catch {
    // Not there, not readable or not JSON: as good as empty.
  }
  return { bothyVersion, entries: [] };
}
