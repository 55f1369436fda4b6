import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findByPidFile, findProcess } from '../qemu/qemu-process.ts';
import { dismissTpmEmulator } from '../qemu/tpm-emulator.ts';
import { unfinishedPrefix } from '../storage/file-names.ts';
import { prepareHomes } from '../storage/homes.ts';
import { lockKeyPrefix } from '../storage/lock.ts';
import { mayBeThrowaway, vanishIfSpent } from '../throwaway/vanish.ts';
import { recoverTimeline } from '../timeline/change-timeline.ts';
import { listMarked, markForCollection } from '../timeline/timeline-mark.ts';
import { diskLockName } from './disk-lock.ts';
import { listNames } from './machine-store.ts';
import type { Site } from './site.ts';

/**
 * Removes what those left whose process died: half-made machines and files, runtime folders of machines that are gone;
 * puts timelines in order, and names the machines whose layers are still to be merged, which takes long.
 */
export async function sweepLeftovers(site: Site): Promise<{ unfinished: string[] }> {
  const { machines, runtime } = site.store.homes;
  const names = listNames(site.store.homes);
  for (const name of names) {
    const leftover = unfinished.exec(name);
    const id = leftover?.[1];
    if (id === undefined) removeLostKey(machines, name);
    else if (name.startsWith(unfinishedPrefix.imaging))
      await removeIfFree(site, diskLockName(id), () => clearImaging(site, join(machines, name)));
    else if (name.startsWith(unfinishedPrefix.deleting))
      await removeIfFree(site, id, () => leaveBases(site, id, join(machines, name)));
    else await removeIfFree(site, id, () => join(machines, name));
  }
  const ids = new Set(site.store.listIds());
  for (const id of listRuntimeFolders(site)) {
    if (ids.has(id) || !idPattern.test(id)) continue;
    // A QEMU that still runs is left alone: its machine's folder may only be out of sight, on a disk that is not mounted.
    const folder = join(runtime, id);
    await removeIfFree(site, id, () => {
      if (site.store.find(id) !== undefined || findByPidFile(folder) !== undefined) return undefined;
      dismissTpmEmulator(site.store.folderOf(id), folder);
      return folder;
    });
  }
  for (const id of ids) {
    // One that cannot be ended or removed now is tried again at the next look.
    if (mayBeThrowaway(site.store.folderOf(id))) await vanishIfSpent(site, id).catch(() => false);
  }
  const waiting: string[] = [];
  // Asked anew: what was removed may have left marks.
  for (const id of listMarked(listNames(site.store.homes))) {
    // What cannot be put in order now stays marked, and its machine usable as it is.
    if ((await recoverTimeline(site, id).catch(() => 'busy')) === 'unfinished') waiting.push(id);
  }
  return { unfinished: waiting };
}

const idPattern = /^[0-9a-z]{12}$/;
const unfinished = new RegExp(`^(?:${Object.values(unfinishedPrefix).join('|').replaceAll('.', '\\.')})([0-9a-z]{12})$`);

/** What a deleted machine was built on may have layers to merge now. */
async function leaveBases({ store }: Site, id: string, path: string): Promise<string> {
  const { findBases } = await import('../timeline/find-pins.ts');
  markForCollection(
    store,
    findBases(store, id, path).map((base) => base.id),
  );
  return path;
}

/** Where an image was made: it may tell of files in its machine's folder that are too many now. */
async function clearImaging(site: Site, path: string): Promise<undefined> {
  const { clearWorkshop } = await import('../image/clear-leftovers.ts');
  clearWorkshop(site.store, path);
}

/** A lock key that its maker, now dead, did not put into place. */
function removeLostKey(machines: string, name: string): void {
  const pid = name.startsWith(lockKeyPrefix) ? name.slice(lockKeyPrefix.length) : '';
  if (/^[0-9]+$/.test(pid) && findProcess(Number(pid)) === undefined) rmSync(join(machines, name), { force: true });
}

/** Somebody who clears temporary files may have taken the whole folder away. */
function listRuntimeFolders({ store }: Site): string[] {
  try {
    return readdirSync(store.homes.runtime);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    prepareHomes(store.homes);
    return [];
  }
}

/** Removes what `choose` names, or lets it do so, while nobody holds that lock. A look never fails because a leftover stays. */
async function removeIfFree(
  { locks }: Site,
  lockName: string,
  choose: () => Promise<string | undefined> | string | undefined,
): Promise<void> {
  const lock = await locks.tryAcquire(lockName, 'clean up');
  if (lock === undefined) return;
  try {
    const path = await choose();
    if (path !== undefined) rmSync(path, { recursive: true, force: true });
  } catch {
    // Not ours to remove, or a full or failing disk; the next look tries again.
  } finally {
    await lock.release();
  }
}
