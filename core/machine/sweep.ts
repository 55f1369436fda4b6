import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findByPidFile } from '../qemu/qemu-process.ts';
import { unfinishedPrefix } from '../storage/file-names.ts';
import type { Site } from './site.ts';

/** Removes what creations and deletions left whose process died, and runtime folders of machines that are gone. */
export async function sweepLeftovers({ store, locks }: Site): Promise<void> {
  for (const name of readdirSync(store.homes.machines)) {
    const prefix = Object.values(unfinishedPrefix).find((start) => name.startsWith(start));
    if (prefix === undefined) continue;
    const lock = await locks.tryAcquire(name.slice(prefix.length), 'clean up');
    if (lock === undefined) continue;
    rmSync(join(store.homes.machines, name), { recursive: true, force: true });
    await lock.release();
  }
  const ids = new Set(store.listIds());
  for (const id of readdirSync(store.homes.runtime)) {
    if (!/^[0-9a-z]{12}$/.test(id) || ids.has(id)) continue;
    const lock = await locks.tryAcquire(id, 'clean up');
    if (lock === undefined) continue;
    // A QEMU that still runs is left alone: its machine's folder may only be out of sight, on a disk that is not mounted.
    const folder = store.runtimeFolderOf(id);
    if (store.find(id) === undefined && findByPidFile(folder) === undefined) rmSync(folder, { recursive: true, force: true });
    await lock.release();
  }
}
