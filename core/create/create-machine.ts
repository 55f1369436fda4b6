import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CreateInput, MachineDefinition } from '../../contract/machine.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { checkDiskImage, checkOpticalImage } from '../image/check-source-image.ts';
import { createQemuImg } from '../image/qemu-img.ts';
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
  checkExtraDisks,
  checkMemorySize,
  checkName,
  checkPorts,
  checkTags,
} from './check-settings.ts';
import { copyFirmwareVariables } from './copy-firmware-variables.ts';
import { listDisks, makeDisks } from './make-disks.ts';

const mib = 1024 ** 2;

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
    await makeDisks(input, machine.disks, { ...options, qemuImg, image, folder: workshop });
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
  checkExtraDisks(input.extraDisks ?? [], listDisks(input).length);
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
    disks: listDisks(input),
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

/** In the range QEMU's own addresses are in (52:54:00). */
function buildMac(): string {
  return ['52', '54', '00', ...[0, 0, 0].map(() => randomInt(256).toString(16).padStart(2, '0'))].join(':');
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
