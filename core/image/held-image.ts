import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { DiskDefinition, MachineDefinition } from '../../contract/machine.ts';
import { diskLockName, lockDisks } from '../machine/disk-lock.ts';
import { getDefinition } from '../machine/find-machine.ts';
import { type ObservedMachine, observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import type { Lock } from '../storage/lock.ts';
import { recoverTimeline } from '../timeline/change-timeline.ts';
import { checkDiskImage, checkReferences } from './check-source-image.ts';
import { type ImagePlace, resolveImage } from './image-place.ts';
import { readImageTable, type TableImage } from './image-table.ts';
import type { PlacedImage } from './placed-image.ts';
import { type ChainLink, readChain } from './read-chain.ts';
import { type Layer, readLayer } from './read-layer.ts';
import { buildLockId } from './workshop.ts';

/** An image that nobody else of Bothy's changes while it is held. */
export interface HeldImage {
  readonly place: ImagePlace;
  readonly file: string;
  readonly layer: Layer;
  /** What the table of images tells of it; null for one outside of Bothy's folders. */
  readonly entry: TableImage | null;
  /** The machine in whose folder it is, as it is now, and what its lock and its workshop are called by. */
  readonly machine: ObservedMachine | null;
  readonly lockId: string;
  /** Whether it may be marked as corrupt, as an image that is to be repaired is. */
  readonly mayBeCorrupt: boolean;
}

/** Does something with an image while nobody else of Bothy's changes it, and no machine can be started that writes to it. */
export async function holdImage<T>(
  site: Site,
  reference: string,
  operation: string,
  signal: AbortSignal | undefined,
  act: (image: HeldImage) => Promise<T>,
  { mayBeCorrupt = false } = {},
): Promise<T> {
  const place = resolveImage(site.store, reference);
  // Somebody may have been killed while the layers of its disks were switched. A damaged layer keeps that from being put in order.
  if (place.kind === 'machine') {
    await recoverTimeline(site, place.machine.id).catch((error: unknown) => {
      if (!mayBeCorrupt) throw error;
    });
  }
  const lock =
    place.kind === 'machine'
      ? await lockDisks(site, place.machine, operation, signal)
      : await lockFile(site, place.file, operation, signal);
  try {
    // What the disk is written to may have changed since.
    const now = resolveImage(site.store, reference);
    const machine = now.kind === 'machine' ? await observeMachine(site.store, site.locks, now.machine) : null;
    return await act(look(site, now, machine, mayBeCorrupt));
  } catch (error) {
    throw explainFileError(error, `${place.file} was not changed (${operation})`);
  } finally {
    await lock.release();
  }
}

/** The lock of a file that belongs to no machine. */
export function lockFile(site: Site, file: string, operation: string, signal: AbortSignal | undefined): Promise<Lock> {
  return site.locks.acquire(diskLockName(buildLockId(file)), operation, { subject: file, signal });
}

/** Looks at an image that is to be read or changed, and refuses what cannot be trusted. */
export function look(site: Site, place: ImagePlace, machine: ObservedMachine | null, mayBeCorrupt: boolean): HeldImage {
  const { file } = place;
  if (place.kind === 'outside') {
    // An empty disk has nothing on it to be recognised by; its name has to do.
    const check = /\.(raw|img)$/i.test(file) ? checkReferences : checkDiskImage;
    check(wholeFile(file));
    return { place, file, layer: readLayer(file, null), entry: null, machine, lockId: buildLockId(file), mayBeCorrupt };
  }
  const entry = readImageTable(site.store).get(file);
  if (entry === undefined)
    throw new AppError('file-not-found', `There is no image ${file}.`, { hint: 'See `bothy image list`.' });
  const chain = readChain(file, entry.format);
  checkChain(site, chain, mayBeCorrupt);
  // Bothy makes no others, so it came from outside.
  if (entry.format !== 'qcow2' && entry.format !== 'raw') checkReferences(wholeFile(file));
  const lockId = place.kind === 'machine' ? place.machine.id : buildLockId(file);
  return { place, file, layer: chain[0]?.layer ?? readLayer(file, entry.format), entry, machine, lockId, mayBeCorrupt };
}

export function wholeFile(path: string): PlacedImage {
  return { path, part: null, label: path };
}

/** Refuses a chain with a problem, or one that leaves Bothy's folders, where it could read any file of the host. */
function checkChain(site: Site, chain: readonly ChainLink[], mayBeCorrupt: boolean): void {
  for (const [depth, { file, layer, problem }] of chain.entries()) {
    const isAllowed = mayBeCorrupt && depth === 0 && layer?.qcow2?.isCorrupt === true;
    if (problem !== null && !isAllowed) {
      const code = problem === 'it is missing' ? 'file-not-found' : 'image-invalid';
      throw new AppError(code, `${file} cannot be used: ${problem}.`, { hint: '`bothy image check` may tell more.' });
    }
    if (file.startsWith(`${site.store.homes.data}/`)) continue;
    throw new AppError(
      'image-unsafe',
      `${chain[0]?.file} is refused: it builds on ${file}, which is outside of Bothy's folders.`,
      {
        hint: 'Make it independent of that file first: qemu-img rebase -b ""',
      },
    );
  }
}

/** The disk of a machine that is written to this image now; undefined for every other image. */
export function findPresentDisk({
  place,
  machine,
}: HeldImage): { definition: MachineDefinition; disk: DiskDefinition } | undefined {
  if (machine === null) return undefined;
  const definition = getDefinition(machine.stored);
  const disk = definition.disks.find(({ file }) => join(machine.stored.folder, file) === place.file);
  return disk === undefined ? undefined : { definition, disk };
}

/** Refuses an image that a running machine has open, its own or one that builds on it. */
export async function checkNotRunning(site: Site, image: HeldImage, wish: string): Promise<void> {
  for (const { id, name } of image.entry?.usedBy ?? []) {
    const stored = site.store.find(id);
    if (stored === undefined) continue;
    const isHeld = image.machine?.stored.id === id;
    const { process } = isHeld ? image.machine : await observeMachine(site.store, site.locks, stored);
    if (process === undefined) continue;
    throw new AppError('wrong-state', `${image.file} cannot be ${wish}: the running machine “${name}” has it open.`, {
      hint: `Shut it down first: \`bothy shutdown ${name}\`.`,
    });
  }
}
