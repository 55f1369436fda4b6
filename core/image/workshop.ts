import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findProcess, findProcessesNaming, isAlive, readBootId } from '../qemu/qemu-process.ts';
import { unfinishedPrefix } from '../storage/file-names.ts';
import type { Homes } from '../storage/homes.ts';
import { putInPlace } from '../storage/put-in-place.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';

/**
 * The twelve characters that the lock of an image outside of the machines, and its workshop, are called by: like the id of
 * a machine, so that what a killed process left is found and removed in the same way.
 */
export function buildLockId(file: string): string {
  return createHash('sha256').update(file).digest('hex').slice(0, 12);
}

/** Where a half-made image lies until it is whole. */
export interface Workshop {
  /** Free to be written: the name of the target in a folder of its own, since a VMDK tells its own name. */
  readonly file: string;
  readonly target: string;
  /**
   * Notes files in a machine's folder of which one will be too many when all is done: whoever clears up after a killed
   * process removes those that nothing reaches (`clearLeftovers`).
   */
  noteLeftovers(names: readonly string[]): void;
  /** Removes all that is left. */
  dispose(): void;
}

/** Names inside the folder of a workshop. */
export const leftoversFile = 'leftovers.json';

/**
 * Opens a workshop on the file system of the target. For Bothy's own images (`lockId` is the machine's id or that of
 * `buildLockId`, and the caller holds that lock) it is in the machines folder, where the next look finds what a killed
 * process left; for others, and disks on another file system, it is beside the target under a name that tells its maker.
 */
export function openWorkshop(homes: Homes, target: string, lockId: string | null): Workshop {
  const beside = dirname(target);
  const isNear = lockId !== null && statSync(homes.machines).dev === statSync(beside).dev;
  removeLostWorkshops(beside);
  const folder = isNear
    ? join(homes.machines, `${unfinishedPrefix.imaging}${lockId}`)
    : join(beside, `${workshopPrefix}${buildMaker(target)}`);
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  dispose();
  mkdirSync(folder, { mode: 0o700 });
  return {
    file: join(folder, basename(target)),
    target,
    noteLeftovers: (names) => writeFileSync(join(folder, leftoversFile), JSON.stringify(names), { mode: 0o600 }),
    dispose,
  };
}

/**
 * Puts the finished image into its place in one step, and makes that survive a power cut. Throws `file-exists` when the
 * target came into being meanwhile and is not to be replaced.
 */
export async function placeImage({ file, target }: Workshop, options: { mayReplace: boolean }): Promise<void> {
  await syncFile(file);
  const old = options.mayReplace ? statSync(target, { throwIfNoEntry: false }) : undefined;
  if (old !== undefined) takeOver(file, old);
  putInPlace(file, target, options);
  syncFolder(dirname(target));
}

/** What takes another file's place is open to whom that was open to. */
function takeOver(file: string, old: Stats): void {
  if (process.getuid?.() === 0) chownSync(file, old.uid, old.gid);
  chmodSync(file, old.mode & 0o777);
}

/** `.bothy-image-<target>-<boot>-<pid>-<start>`: which target, and which process of which boot of the host. */
const workshopPrefix = '.bothy-image-';
const workshopPattern = /^\.bothy-image-[0-9a-f]{12}-([0-9a-f]{8})-([0-9]+)-([0-9]+)$/;

function buildMaker(target: string): string {
  const startTicks = findProcess(process.pid)?.startTicks ?? 0;
  return `${buildLockId(basename(target))}-${bootName()}-${process.pid}-${startTicks}`;
}

function bootName(): string {
  return readBootId().slice(0, 8);
}

/** Whether a name in a folder is that of a workshop, of this process or any other. */
export function isWorkshopName(name: string): boolean {
  return workshopPattern.test(name);
}

const strangerMs = 3_600_000;

/**
 * Removes the workshops of processes that are dead. One of another boot may be of another host that shares the folder: it
 * is left while it is written to. What is not ours to remove harms nobody but by the space it takes.
 */
export function removeLostWorkshops(folder: string, names = listNames(folder)): void {
  for (const name of names) {
    const [, boot, pid, startTicks] = workshopPattern.exec(name) ?? [];
    if (boot === undefined) continue;
    const path = join(folder, name);
    try {
      const isLost =
        boot === bootName()
          ? !isAlive({ pid: Number(pid), startTicks: Number(startTicks) })
          : Date.now() - readLastUse(path) > strangerMs;
      if (isLost) removeWorkshop(path);
    } catch {}
  }
}

/** Removes what a killed process left, after ending the tools of it that would go on writing there, and reading what nobody else may write then. */
export function removeWorkshop(folder: string): void {
  for (const pid of findProcessesNaming(`${folder}/`)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

function readLastUse(workshop: string): number {
  const paths = [workshop, ...readdirSync(workshop).map((name) => join(workshop, name))];
  return Math.max(...paths.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
