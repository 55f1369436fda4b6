import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CreateInput, MachineDefinition } from '../../contract/machine.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { checkDiskImage, checkOpticalImage } from '../image/check-source-image.ts';
import { createQemuImg, type QemuImg } from '../image/qemu-img.ts';
import type { ImageHeader } from '../image/read-image-header.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree, claimName } from '../machine/claim-name.ts';
import { getFirmware } from '../machine/get-firmware.ts';
import { formatDefinition, makeMachineFolders } from '../machine/machine-store.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import {
  checkCpus,
  checkDiskSize,
  checkExtraArguments,
  checkMemorySize,
  checkName,
  checkPorts,
  checkTags,
} from './check-settings.ts';
import { copyFirmwareVariables } from './copy-firmware-variables.ts';

const gib = 1024 ** 3;
const mib = 1024 ** 2;
const defaultDiskBytes = 20 * gib;

export interface CreateOptions {
  readonly signal: AbortSignal | undefined;
  readonly progress: (fraction: number | null, step: string) => void;
}

/**
 * Makes a machine in a folder of its own that nobody lists, and renames it into place when all is there: whatever
 * happens before that leaves no machine, and the leftover is removed at the next look. Gives the new machine's id.
 */
export async function createMachine(site: Site, input: CreateInput, options: CreateOptions): Promise<string> {
  checkInput(input);
  const image = checkSource(input.source);
  const tools = await site.host.tools();
  const machine = buildDefinition(input, tools.machineType);
  checkSocketBudget(site.store.homes, machine.id);
  checkFree(site, machine.name, machine.id);
  const { machines } = site.store.homes;
  const workshop = join(machines, `${unfinishedPrefix.creating}${machine.id}`);
  const lock = await site.locks.acquire(machine.id, 'create', { subject: `“${machine.name}”` });
  try {
    mkdirSync(workshop, { mode: 0o700 });
    makeMachineFolders(workshop);
    const qemuImg = createQemuImg(site.host, site.environment);
    const files = machine.disks.map(({ file }) => join(workshop, file));
    if (machine.firmware !== 'bios') {
      const variables = join(workshop, machineFile.nvram);
      await copyFirmwareVariables(getFirmware(site.host, machine.firmware), variables, qemuImg, options.signal);
      files.push(variables);
    }
    await makeDisk(qemuImg, input, machine, image, workshop, options);
    await Promise.all([...files, join(workshop, machineFile.disks)].map(syncFile));
    writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(machine));
    options.progress(1, 'Finishing');
    await claimName(site, machine.name, machine.id, () => {
      if (options.signal?.aborted === true) throw new AppError('cancelled', `Creating “${machine.name}” was cancelled.`);
      renameSync(workshop, site.store.folderOf(machine.id));
    });
    syncFolder(machines);
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw explainFileError(error, `“${machine.name}” was not created`);
  } finally {
    await lock.release();
  }
  recordActivity(site.store.folderOf(machine.id), 'CREATE', 'Created');
  site.store.announce(machine.id);
  return machine.id;
}

function checkInput(input: CreateInput): void {
  checkName(input.name);
  if (input.cpus !== undefined) checkCpus(input.cpus);
  if (input.memoryMiB !== undefined) checkMemorySize(input.memoryMiB);
  if (input.diskSize !== undefined) checkDiskSize(input.diskSize);
  checkPorts(input.ports ?? []);
  checkTags(input.tags ?? []);
  checkExtraArguments(input.extraArguments ?? []);
}

/** Looks at the files a machine comes from; gives the header of a disk image. */
function checkSource(source: CreateInput['source']): ImageHeader | undefined {
  switch (source.type) {
    case 'iso':
      checkOpticalImage(source.path);
      return undefined;
    case 'image':
      return checkDiskImage(source.path);
    case 'kernel':
      checkReadableFile(source.kernel, 'The kernel');
      if (source.initrd !== undefined) checkReadableFile(source.initrd, 'The initrd');
      return undefined;
    case 'netboot':
      if (source.bootFile?.startsWith('/') === true) checkReadableFile(source.bootFile, 'The network boot file');
      else if (source.bootFile !== undefined && !/^(https?|tftp):\/\/\S+$/.test(source.bootFile)) {
        throw new AppError('invalid-input', `“${source.bootFile}” is neither an absolute path nor a URL.`, {
          hint: 'Name a file, or an http, https or tftp URL.',
        });
      }
      return undefined;
    case 'empty':
      return undefined;
  }
}

function buildDefinition(input: CreateInput, machineType: string): MachineDefinition {
  const { source } = input;
  const hasDisk = source.type === 'image' || (input.diskSize ?? defaultDiskSize(source.type)) > 0;
  return {
    schemaVersion: 2,
    id: [...randomBytes(12)].map((byte) => '0123456789abcdefghijklmnopqrstuv'[byte % 32]).join(''),
    name: input.name,
    uuid: randomUUID(),
    createdAt: new Date().toISOString(),
    tags: [...new Set(input.tags ?? [])],
    memoryMiB: input.memoryMiB ?? defaultMemoryMiB(),
    cpus: input.cpus ?? Math.min(2, cpus().length),
    firmware: input.firmware ?? 'bios',
    accelerator: input.accelerator ?? 'auto',
    machineType,
    disks: hasDisk ? [{ id: 'disk0', file: `${machineFile.disks}/disk0.qcow2`, format: 'qcow2', bus: 'virtio' }] : [],
    nvram: input.firmware === undefined || input.firmware === 'bios' ? null : machineFile.nvram,
    tpm: null,
    cdrom: source.type === 'iso' ? source.path : null,
    bootOrder: ['disk', 'cdrom', 'network'],
    kernel:
      source.type === 'kernel' ? { kernel: source.kernel, initrd: source.initrd ?? null, append: source.append ?? '' } : null,
    network: {
      mode: input.network ?? 'user',
      mac: buildMac(),
      ports: input.ports ?? [],
      bootFile: source.type === 'netboot' ? (source.bootFile ?? null) : null,
    },
    extraArguments: input.extraArguments ?? [],
    timeline: emptyTimeline,
  };
}

/** 2 GiB, or a quarter of a small host. */
function defaultMemoryMiB(): number {
  return Math.max(256, Math.min(2048, Math.floor(totalmem() / mib / 4)));
}

function defaultDiskSize(source: CreateInput['source']['type']): number {
  return source === 'kernel' ? 0 : defaultDiskBytes;
}

/** In the range QEMU's own addresses are in (52:54:00). */
function buildMac(): string {
  return ['52', '54', '00', ...[0, 0, 0].map(() => randomInt(256).toString(16).padStart(2, '0'))].join(':');
}

async function makeDisk(
  qemuImg: QemuImg,
  input: CreateInput,
  machine: MachineDefinition,
  image: ImageHeader | undefined,
  workshop: string,
  { signal, progress }: CreateOptions,
): Promise<void> {
  const disk = machine.disks[0];
  if (disk === undefined) return;
  const path = join(workshop, disk.file);
  const wanted = roundUp(input.diskSize ?? defaultDiskBytes);
  if (image === undefined || input.source.type !== 'image') {
    progress(null, 'Making the disk');
    await qemuImg.create(path, wanted, signal);
    return;
  }
  const from = input.source.path;
  checkSpace(workshop, image.actualSize, from);
  progress(0, 'Copying the disk image');
  const virtualSize = await qemuImg.readVirtualSize(from, image.format, signal);
  if (input.diskSize !== undefined && wanted < virtualSize) {
    throw new AppError('invalid-input', `The disk cannot be ${input.diskSize} bytes: the image ${from} has ${virtualSize}.`, {
      hint: 'Leave the disk size out, or choose a larger one.',
    });
  }
  await qemuImg.convert(from, image.format, path, (fraction) => progress(fraction, 'Copying the disk image'), signal);
  if (input.diskSize !== undefined && wanted > virtualSize) await qemuImg.resize(path, 'qcow2', wanted, signal);
}

/** Copies are left to the kernel until it likes to write them; a machine that is there after a power cut has its disks. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
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
