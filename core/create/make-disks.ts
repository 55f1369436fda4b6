import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CreateInput, DiskBus, DiskDefinition } from '../../contract/machine.ts';
import { checkDiskImage } from '../image/check-source-image.ts';
import { firmwareHeadBytes, judgeFirmware } from '../image/judge-firmware.ts';
import { buildImageName, type PlacedImage } from '../image/placed-image.ts';
import type { QemuImg } from '../image/qemu-img.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TaskContext } from '../task/task-list.ts';
import type { ForeignDisk, ForeignMachine } from '../transfer/read-foreign.ts';

const mib = 1024 ** 2;
const defaultDiskBytes = 20 * 1024 ** 3;

/** What a disk of a new machine begins with: a copy of an image, which may be made larger, or nothing of a size. */
export interface DiskPlan {
  readonly origin: ForeignDisk | null;
  /** Undefined for the size of the image. */
  readonly bytes: number | undefined;
  readonly bus: DiskBus;
}

/** The disks of a new machine: those of its source, or the empty first one it usually gets, then the further ones. */
export function planDisks(
  { source, diskSize, extraDisks = [], bus }: CreateInput,
  foreign: ForeignMachine | undefined,
): DiskPlan[] {
  const usualBus = bus ?? foreign?.disks[0]?.bus ?? 'virtio';
  const copies = (foreign?.disks ?? []).map((origin, index) => ({
    origin: origin.image === null ? null : origin,
    bytes: index === 0 && diskSize !== undefined ? diskSize : origin.image === null ? (origin.capacityBytes ?? 0) : undefined,
    bus: bus ?? origin.bus,
  }));
  const firstBytes = diskSize ?? (source.type === 'kernel' ? 0 : defaultDiskBytes);
  const first = foreign === undefined && firstBytes > 0 ? [firstBytes] : [];
  return [...copies, ...[...first, ...extraDisks].map((bytes) => ({ origin: null, bytes, bus: usualBus }))];
}

/** The same as `machine.json` tells of them. */
export function listDisks(plans: readonly DiskPlan[]): DiskDefinition[] {
  return plans.map(({ bus }, index) => ({
    id: `disk${index}`,
    file: `${machineFile.disks}/disk${index}.qcow2`,
    format: 'qcow2',
    bus,
  }));
}

/** What making the disks of a machine depends on. */
export interface DiskWork extends TaskContext {
  readonly qemuImg: QemuImg;
  readonly folder: string;
}

/** Writes the disks of `listDisks` into the machine's folder. */
export async function makeDisks(plans: readonly DiskPlan[], work: DiskWork): Promise<void> {
  for (const [index, { file }] of listDisks(plans).entries()) {
    const plan = plans[index];
    const path = join(work.folder, file);
    if (plan?.origin?.image == null) await makeEmpty(path, plan?.bytes ?? 0, work);
    else if (plan.origin.isGzip) await unpackImage(plan.origin.image, plan, path, work);
    else await copyImage(plan.origin.image, path, plan.bytes, work);
  }
}

/** Which firmware the first disk was made for; it is in the folder already. */
export async function detectFirmware(
  plans: readonly DiskPlan[],
  { qemuImg, folder, signal }: DiskWork,
): Promise<'bios' | 'uefi'> {
  const [disk] = listDisks(plans);
  if (disk === undefined || plans[0]?.origin === null) return 'bios';
  const head = join(folder, 'head.raw');
  await qemuImg.copyHead(join(folder, disk.file), disk.format, head, firmwareHeadBytes, signal);
  const file = await open(head, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(firmwareHeadBytes), 0, firmwareHeadBytes, 0);
    return judgeFirmware(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
    rmSync(head);
  }
}

/** An empty disk takes room only as the guest fills it, so none is asked for. */
async function makeEmpty(path: string, bytes: number, { qemuImg, progress, signal }: DiskWork): Promise<void> {
  progress(null, 'Making the disks');
  await qemuImg.create(path, roundUp(bytes), signal);
}

async function unpackImage(image: PlacedImage, { origin, bytes }: DiskPlan, path: string, work: DiskWork): Promise<void> {
  const { unpackGzip } = await import('../transfer/unpack-gzip.ts');
  const unpacked = `${path}.unpacked`;
  // An image is hardly larger than the disk in it.
  const maxBytes = (origin?.capacityBytes ?? Number.MAX_SAFE_INTEGER / 2) * 1.05 + 64 * mib;
  await unpackGzip(image, unpacked, maxBytes, work);
  await copyImage({ path: unpacked, part: null, label: image.label }, path, bytes, work);
  rmSync(unpacked);
}

async function copyImage(
  image: PlacedImage,
  path: string,
  diskSize: number | undefined,
  { qemuImg, folder, progress, signal }: DiskWork,
): Promise<void> {
  const name = buildImageName(image, checkDiskImage(image).format);
  progress(0, 'Copying the disk image');
  const virtualSize = await qemuImg.readVirtualSize(name, null, signal).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'image-invalid' ? nameImage(error, name, image.label) : error;
  });
  checkFreeSpace(folder, await qemuImg.measure(name, null, { signal }), `Copying ${image.label}`);
  const wanted = diskSize === undefined ? virtualSize : roundUp(diskSize);
  if (wanted < virtualSize) {
    throw new AppError('invalid-input', `The disk cannot be ${diskSize} bytes: the image ${image.label} has ${virtualSize}.`, {
      hint: 'Leave the disk size out, or choose a larger one.',
    });
  }
  await qemuImg
    .convert(name, null, path, (fraction) => progress(fraction, 'Copying the disk image'), signal)
    .catch((error: unknown) => {
      throw error instanceof AppError ? nameImage(error, name, image.label) : error;
    });
  if (wanted > virtualSize) await qemuImg.resize(path, 'qcow2', wanted, signal);
}

/** Says it of the file as a person knows it, not as QEMU does. */
function nameImage(error: AppError, name: string, label: string): AppError {
  return new AppError(error.code, error.message.replaceAll(name, label), error);
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / mib) * mib;
}
