import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ResizeResult } from '../../contract/image.ts';
import { recordActivity } from '../machine/activity.ts';
import { requireState } from '../machine/change-machine.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { formatBytes } from '../storage/format-bytes.ts';
import { checkPreallocation } from './create-image.ts';
import { findPresentDisk, type HeldImage, holdImage } from './held-image.ts';
import { checkImageSize } from './image-size.ts';
import { createQemuImg } from './qemu-img.ts';

/** What `image.resize` takes. */
export interface ResizeImageInput {
  readonly image: string;
  readonly size: number;
  readonly shrink?: boolean | undefined;
  readonly preallocate?: boolean | undefined;
}

interface Wish {
  readonly size: number;
  readonly isShrinkAllowed: boolean;
  readonly isPreallocated: boolean;
}

/** Changes the size a guest sees. A machine's disk only grows, also while it runs; its snapshots keep theirs. */
export function resizeImage(site: Site, input: ResizeImageInput, signal: AbortSignal | undefined): Promise<ResizeResult> {
  const wish: Wish = {
    size: checkImageSize(input.size),
    isShrinkAllowed: input.shrink === true,
    isPreallocated: input.preallocate === true,
  };
  return holdImage(site, input.image, 'resize disk', signal, async (image) => {
    if (image.machine === null) return resizeFile(site, image, wish, signal);
    return resizeDisk(site, image, image.machine, wish, signal);
  });
}

async function resizeDisk(
  site: Site,
  image: HeldImage,
  machine: ObservedMachine,
  wish: Wish,
  signal: AbortSignal | undefined,
): Promise<ResizeResult> {
  const { stored, process, run } = machine;
  const present = findPresentDisk(image);
  if (present === undefined) throw buildFrozenError(image);
  const { disk, definition } = present;
  if (process === undefined && definition.timeline.memory !== null) {
    throw new AppError('wrong-state', `${disk.id} of “${stored.name}” cannot be resized: the machine is suspended.`, {
      hint: 'Its saved memory knows the disk as it is. Start it, and resize the disk then.',
    });
  }
  requireState(machine, process === undefined ? ['off', 'crashed'] : ['running', 'paused', 'crashed'], 'given a larger disk');
  if (wish.isShrinkAllowed) throw buildShrinkError(`${disk.id} of “${stored.name}”`, image);
  const result =
    process === undefined
      ? await resizeFile(site, image, wish, signal)
      : await resizeLive(image, disk.id, run?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id), wish);
  if (result.virtualSize !== result.virtualSizeBefore) {
    recordActivity(stored.folder, 'RESIZE', `Disk ${disk.id} grew to ${formatBytes(result.virtualSize)}`);
    site.store.announce(stored.id);
  }
  return result;
}

interface BlockDevice {
  readonly qdev?: string;
  readonly inserted?: { readonly 'node-name'?: string; readonly image: { readonly 'virtual-size': number } };
}

/** Grows the disk under the running machine: the guest is told at once. */
async function resizeLive(image: HeldImage, disk: string, runtimeFolder: string, wish: Wish): Promise<ResizeResult> {
  if (wish.isPreallocated) {
    throw new AppError('invalid-input', 'The space of a running machine’s disk cannot be reserved.', {
      hint: 'Grow it without, or shut the machine down first.',
    });
  }
  return withMonitor(runtimeFolder, async (monitor) => {
    // Which node the device writes to changes with every snapshot, so QEMU is asked.
    const find = async () =>
      (await monitor.execute<BlockDevice[]>('query-block')).find(({ qdev = '' }) => qdev.split('/').includes(`${disk}-device`))
        ?.inserted;
    const before = await find();
    const node = before?.['node-name'];
    if (before === undefined || node === undefined) {
      throw new AppError('qemu-failed', `The running QEMU has no disk ${disk}.`, {
        hint: 'A disk that was added counts from the next start; shut the machine down and resize it then.',
      });
    }
    const virtualSizeBefore = before.image['virtual-size'];
    checkNotSmaller(image, virtualSizeBefore, wish);
    if (wish.size !== virtualSizeBefore) await monitor.execute('block_resize', { 'node-name': node, size: wish.size });
    const virtualSize = (await find())?.image['virtual-size'] ?? wish.size;
    return { file: image.file, virtualSizeBefore, virtualSize, isLive: true };
  });
}

/** Changes the size of a file that nobody has open. */
async function resizeFile(site: Site, image: HeldImage, wish: Wish, signal: AbortSignal | undefined): Promise<ResizeResult> {
  const { file, layer, entry } = image;
  const { format, virtualSize: virtualSizeBefore } = layer;
  if ((format !== 'qcow2' && format !== 'raw') || virtualSizeBefore === null) {
    throw new AppError('invalid-input', `A ${format} image cannot be resized: ${file}`, {
      hint: 'Convert it to qcow2 or raw first.',
    });
  }
  if (entry !== null && entry.dependents.length > 0) throw buildFrozenError(image);
  checkNotSmaller(image, virtualSizeBefore, wish);
  checkWritable(file);
  const result = { file, virtualSizeBefore, virtualSize: wish.size, isLive: false };
  if (wish.size === virtualSizeBefore) return result;
  if (wish.isPreallocated) {
    checkPreallocation(format);
    checkFreeSpace(dirname(file), wish.size - virtualSizeBefore, `Growing ${file}`);
  }
  const { isPreallocated } = wish;
  const isShrinking = wish.size < virtualSizeBefore;
  await createQemuImg(site.host, site.environment).resize(file, format, wish.size, signal, { isShrinking, isPreallocated });
  return result;
}

function checkNotSmaller(image: HeldImage, before: number, { size, isShrinkAllowed }: Wish): void {
  if (size >= before || (isShrinkAllowed && image.machine === null)) return;
  throw buildShrinkError(image.file, image, before);
}

function buildShrinkError(name: string, { machine }: HeldImage, before?: number): AppError {
  const size = before === undefined ? '' : ` than its ${formatBytes(before)}`;
  return new AppError('invalid-input', `${name} cannot be made smaller${size}: what is at its end would be cut off.`, {
    hint:
      machine === null
        ? 'If nothing is there (the partitions were made smaller first), allow it with --shrink.'
        : 'Make a new, smaller disk and copy the data inside the guest.',
  });
}

function buildFrozenError({ file, entry }: HeldImage): AppError {
  const snapshots = entry?.snapshots.map(({ name }) => `“${name}”`).join(', ') ?? '';
  const why =
    snapshots !== ''
      ? `it belongs to snapshot ${snapshots}`
      : (entry?.dependents.length ?? 0) > 0
        ? 'other images build on it'
        : 'it is no disk that a machine writes to';
  return new AppError('wrong-state', `${file} cannot be resized: ${why}.`, {
    hint: 'Resize the disk as it is now instead: MACHINE:DISK, such as web:disk0.',
  });
}

function checkWritable(file: string): void {
  try {
    accessSync(file, constants.W_OK);
  } catch (error) {
    throw new AppError('permission-denied', `${file} cannot be written.`, {
      hint: `Allow your user to write it: chmod u+w '${file}'`,
      cause: error,
    });
  }
}
