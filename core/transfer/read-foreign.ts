import { closeSync, constants, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import type { DiskBus } from '../../contract/machine.ts';
import { checkDiskImage } from '../image/check-source-image.ts';
import type { PlacedImage } from '../image/placed-image.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { TaskContext } from '../task/task-list.ts';
import { isArchiveHead } from './archive-reader.ts';
import { type OvfDisk, parseOvf } from './parse-ovf.ts';
import { type Appliance, readOva, readOvfFolder, refuseAppliance, verifyAppliance } from './read-appliance.ts';
import { parseTarHeader, tarBlockBytes } from './tar-header.ts';

/** A machine, or only its disk, that another program made. Null is what its files do not say. */
export interface ForeignMachine {
  /** What it may be called: the name it had, or that of its file. */
  readonly name: string;
  readonly memoryMiB: number | null;
  readonly cpus: number | null;
  readonly firmware: 'bios' | 'uefi' | null;
  readonly network: 'user' | 'none' | null;
  readonly disks: readonly ForeignDisk[];
}

export interface ForeignDisk {
  /** Null for a disk that is made empty. */
  readonly image: PlacedImage | null;
  /** Whether the image has to be unpacked before anything can be said of it. */
  readonly isGzip: boolean;
  readonly capacityBytes: number | null;
  readonly bus: DiskBus;
}

export type FileKind = 'archive' | 'ova' | 'ovf' | 'image';

/** Tells by its beginning what a file is: an archive of ours, an appliance, else a disk image. A name is for what has lost its beginning. */
export function judgeFile(path: string): FileKind {
  const head = readHead(path);
  if (isArchiveHead(head)) return 'archive';
  if (head.length >= tarBlockBytes && parseTarHeader(head.subarray(0, tarBlockBytes)) !== undefined) return 'ova';
  const text = head.toString(head[0] === 0xff && head[1] === 0xfe ? 'utf16le' : 'utf8');
  return /^\W*<(\?xml|(\w+:)?Envelope)\b/.test(text) ? 'ovf' : /\.bothy$/i.test(path) ? 'archive' : 'image';
}

/** Reads what `create` and `import` can make a machine of. Throws `image-unsafe`, `image-invalid` or `archive-invalid`. */
export async function readForeign(path: string, context: TaskContext): Promise<ForeignMachine> {
  checkReadableFile(path, 'The disk image');
  const kind = judgeFile(path);
  if (kind === 'ova') return readMachine(await readOva(path), context);
  if (kind === 'ovf') return readMachine(await readOvfFolder(path), context);
  const image = { path, part: null, label: path };
  const { format } = checkDiskImage(image);
  // What QEMU's own tools wrote is likely made for virtio; every guest knows the other.
  const bus = format === 'qcow2' || format === 'raw' ? 'virtio' : 'sata';
  const disk = { image, isGzip: false, capacityBytes: null, bus } as const;
  return { name: stripEnding(path), memoryMiB: null, cpus: null, firmware: null, network: null, disks: [disk] };
}

async function readMachine(appliance: Appliance, context: TaskContext): Promise<ForeignMachine> {
  const { path } = appliance;
  const { hasNetwork, disks, name, ...facts } = parseOvf(appliance.descriptor, path);
  const named = disks.map((disk) => ({ ...disk, fileName: disk.file === null ? null : chooseName(appliance, disk.file.name) }));
  const found = named.map((disk) => findDisk(appliance, disk));
  await verifyAppliance(
    appliance,
    named.flatMap(({ fileName }) => (fileName === null ? [] : [fileName])),
    context,
  );
  return { ...facts, name: name ?? stripEnding(path), network: hasNetwork ? 'user' : 'none', disks: found };
}

function findDisk(
  appliance: Appliance,
  { file, fileName, capacityBytes, bus }: OvfDisk & { fileName: string | null },
): ForeignDisk {
  if (file === null || fileName === null) return { image: null, isGzip: false, capacityBytes, bus };
  const { path } = appliance;
  const part = appliance.find(fileName);
  if (part === undefined) throw refuseAppliance(path, `${fileName}, a disk of it, is missing`);
  const isInside = part.path === path;
  const image = {
    path: part.path,
    part: isInside ? { offset: part.offset, size: part.size } : null,
    label: isInside ? `${path} (${fileName})` : part.path,
  };
  const isGzip = file.isGzip || isGzipHead(readHead(image.path, part.offset));
  if (!isGzip) checkDiskImage(image);
  return { image, isGzip, capacityBytes, bus };
}

/** A file reference is a URI; many tools write names as they are all the same. */
function chooseName(appliance: Appliance, name: string): string {
  if (appliance.find(name) !== undefined) return name;
  try {
    const decoded = decodeURIComponent(name);
    return decoded.includes('/') ? name : decoded;
  } catch {
    return name;
  }
}

/** RFC 1952. */
function isGzipHead(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function readHead(path: string, offset = 0): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const head = Buffer.alloc(4096);
    return head.subarray(0, readSync(file, head, 0, head.length, offset));
  } finally {
    closeSync(file);
  }
}

function stripEnding(path: string): string {
  return basename(path).replace(/\.(ova|ovf|vmdk|vdi|vhdx?|qcow2|img|raw)(\.gz)?$/i, '');
}
