import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CreateInput, DiskDefinition } from '../../contract/machine.ts';
import type { QemuImg } from '../image/qemu-img.ts';
import type { ImageHeader } from '../image/read-image-header.ts';
import { machineFile } from '../storage/file-names.ts';

const mib = 1024 ** 2;
const defaultDiskBytes = 20 * 1024 ** 3;

/** The disks of a new machine: the first as its source has it or wants it, then the further ones. */
export function listDisks({ source, diskSize, extraDisks = [] }: CreateInput): DiskDefinition[] {
  const hasFirst = source.type === 'image' || (diskSize ?? (source.type === 'kernel' ? 0 : defaultDiskBytes)) > 0;
  return Array.from({ length: (hasFirst ? 1 : 0) + extraDisks.length }, (_, index) => ({
    id: `disk${index}`,
    file: `${machineFile.disks}/disk${index}.qcow2`,
    format: 'qcow2',
    bus: 'virtio',
  }));
}

/** What making the disks of a machine depends on. */
export interface DiskWork {
  readonly qemuImg: QemuImg;
  /** The header of the image the machine comes from, if it comes from one. */
  readonly image: ImageHeader | undefined;
  readonly folder: string;
  readonly progress: (fraction: number | null, step: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes the disks of `listDisks` into the machine's folder: a copy of the image if there is one, the others empty. */
export async function makeDisks(input: CreateInput, disks: readonly DiskDefinition[], work: DiskWork): Promise<void> {
  const { diskSize, extraDisks = [] } = input;
  const paths = disks.map(({ file }) => join(work.folder, file));
  const firstPath = paths.length > extraDisks.length ? paths.shift() : undefined;
  if (firstPath !== undefined) {
    if (work.image !== undefined && input.source.type === 'image') {
      await copyImage(input.source.path, work.image, firstPath, diskSize, work);
    } else {
      await makeEmpty(firstPath, diskSize ?? defaultDiskBytes, work);
    }
  }
  for (const [index, path] of paths.entries()) await makeEmpty(path, extraDisks[index] ?? 0, work);
}

/** An empty disk takes room only as the guest fills it, so none is asked for. */
async function makeEmpty(path: string, bytes: number, { qemuImg, progress, signal }: DiskWork): Promise<void> {
  progress(null, 'Making the disks');
  await qemuImg.create(path, roundUp(bytes), signal);
}

async function copyImage(
  from: string,
  image: ImageHeader,
  path: string,
  diskSize: number | undefined,
  { qemuImg, folder, progress, signal }: DiskWork,
): Promise<void> {
  checkSpace(folder, image.actualSize, from);
  progress(0, 'Copying the disk image');
  const virtualSize = await qemuImg.readVirtualSize(from, image.format, signal);
  const wanted = diskSize === undefined ? virtualSize : roundUp(diskSize);
  if (wanted < virtualSize) {
    throw new AppError('invalid-input', `The disk cannot be ${diskSize} bytes: the image ${from} has ${virtualSize}.`, {
      hint: 'Leave the disk size out, or choose a larger one.',
    });
  }
  await qemuImg.convert(from, image.format, path, (fraction) => progress(fraction, 'Copying the disk image'), signal);
  if (wanted > virtualSize) await qemuImg.resize(path, 'qcow2', wanted, signal);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / mib) * mib;
}

function checkSpace(folder: string, bytes: number, from: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new AppError(
    'not-enough-space',
    `Copying ${from} needs ${Math.ceil(bytes / mib)} MiB; ${Math.floor(free / mib)} MiB are free.`,
    {
      hint: 'Make room, or set BOTHY_HOME to a folder on a larger disk.',
    },
  );
}
