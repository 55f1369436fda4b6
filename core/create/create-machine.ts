import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CreateInput, MachineDefinition } from '../../contract/machine.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { checkOpticalImage } from '../image/check-source-image.ts';
import { createQemuImg } from '../image/qemu-img.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree, claimName } from '../machine/claim-name.ts';
import { getFirmware } from '../machine/get-firmware.ts';
import { formatDefinition, makeMachineFolders } from '../machine/machine-store.ts';
import { makeMac, makeMachineId } from '../machine/new-identity.ts';
import { checkReadableFile } from '../machine/preflight.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import type { TaskContext } from '../task/task-list.ts';
import type { ForeignMachine } from '../transfer/read-foreign.ts';
import {
  checkCpus,
  checkDiskSize,
  checkDisks,
  checkExtraArguments,
  checkExtraDisks,
  checkMemorySize,
  checkName,
  checkPorts,
  checkTags,
} from './check-settings.ts';
import { copyFirmwareVariables } from './copy-firmware-variables.ts';
import { detectFirmware, listDisks, makeDisks, planDisks } from './make-disks.ts';

const mib = 1024 ** 2;

/** A machine that was made, and what a person should know about it. */
export interface CreatedMachine {
  readonly id: string;
  readonly notices: readonly string[];
}

/**
 * Makes a machine in a folder of its own that nobody lists, and renames it into place when all is there: whatever
 * happens before that leaves no machine, and the leftover is removed at the next look. `known` is what the image it comes from
 * tells, when that was read already.
 */
export async function createMachine(
  site: Site,
  input: CreateInput,
  context: TaskContext,
  known?: ForeignMachine,
): Promise<CreatedMachine> {
  checkInput(input);
  if (input.source.type === 'template') {
    const { createFromTemplate } = await import('../throwaway/create-from-template.ts');
    return { id: await createFromTemplate(site, input, input.source.template, context), notices: [] };
  }
  const id = makeMachineId();
  checkSocketBudget(site.store.homes, id);
  checkFree(site, input.name, id);
  const foreign = known ?? (await readSource(input.source, context));
  const plans = planDisks(input, foreign);
  checkDisks(plans.map(({ bus }) => bus));
  const { machineType } = await site.host.tools();
  if (input.tpm === true) site.host.swtpm();
  const { machines } = site.store.homes;
  const workshop = join(machines, `${unfinishedPrefix.creating}${id}`);
  const lock = await site.locks.acquire(id, 'create', { subject: `“${input.name}”` });
  const notices: string[] = [];
  try {
    mkdirSync(workshop, { mode: 0o700 });
    makeMachineFolders(workshop);
    const work = { ...context, qemuImg: createQemuImg(site.host, site.environment), folder: workshop };
    const said = input.firmware ?? foreign?.firmware;
    if (said != null && said !== 'bios') getFirmware(site.host, said);
    await makeDisks(plans, work);
    const firmware = said ?? (foreign === undefined ? 'bios' : await detectFirmware(plans, work));
    const machine = buildDefinition(input, {
      id,
      machineType,
      firmware,
      disks: listDisks(plans),
      ...chooseSizes(input, foreign, notices),
    });
    if (machine.tpm !== null) mkdirSync(join(workshop, machine.tpm), { mode: 0o700 });
    const files = machine.disks.map(({ file }) => join(workshop, file));
    if (machine.firmware !== 'bios') {
      const variables = join(workshop, machineFile.nvram);
      await copyFirmwareVariables(getFirmware(site.host, machine.firmware), variables, work.qemuImg, context.signal);
      files.push(variables);
    }
    await Promise.all([...files, join(workshop, machineFile.disks)].map(syncFile));
    writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(machine));
    context.progress(1, 'Finishing');
    await claimName(site, machine.name, id, () => {
      if (context.signal.aborted) throw new AppError('cancelled', `Creating “${machine.name}” was cancelled.`);
      renameSync(workshop, site.store.folderOf(id));
    });
    syncFolder(machines);
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw explainFileError(error, `“${input.name}” was not created`);
  } finally {
    await lock.release();
  }
  recordActivity(site.store.folderOf(id), 'CREATE', 'Created');
  site.store.announce(id);
  return { id, notices };
}

function checkInput(input: CreateInput): void {
  checkName(input.name);
  if (input.cpus !== undefined) checkCpus(input.cpus);
  if (input.memoryMiB !== undefined) checkMemorySize(input.memoryMiB);
  if (input.diskSize !== undefined) checkDiskSize(input.diskSize);
  checkExtraDisks(input.extraDisks ?? []);
  checkPorts(input.ports ?? []);
  checkTags(input.tags ?? []);
  checkExtraArguments(input.extraArguments ?? []);
}

/** Looks at the files a machine comes from; gives what an image or an appliance tells of its machine. */
async function readSource(source: CreateInput['source'], context: TaskContext): Promise<ForeignMachine | undefined> {
  switch (source.type) {
    case 'iso':
      checkOpticalImage(source.path);
      return undefined;
    case 'image':
      return (await import('../transfer/read-foreign.ts')).readForeign(source.path, context);
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
    case 'template':
      return undefined;
  }
}

/** What was decided about a new machine beside its input. */
type Decisions = Pick<MachineDefinition, 'id' | 'machineType' | 'firmware' | 'disks' | 'memoryMiB' | 'cpus'> & {
  readonly network: 'user' | 'none';
};

/** What was asked for, else what its source says as far as this host can give that, else what usually works. */
function chooseSizes(
  input: CreateInput,
  foreign: ForeignMachine | undefined,
  notices: string[],
): Pick<Decisions, 'memoryMiB' | 'cpus' | 'network'> {
  const choose = (what: string, wanted: number | null | undefined, check: (value: number) => void, usual: number): number => {
    if (wanted == null) return usual;
    try {
      check(wanted);
      return wanted;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      notices.push(`It was made for ${wanted} ${what}, which this host cannot give; it has ${usual} now.`);
      return usual;
    }
  };
  return {
    memoryMiB: input.memoryMiB ?? choose('MiB of memory', foreign?.memoryMiB, checkMemorySize, defaultMemoryMiB()),
    cpus: input.cpus ?? choose('CPUs', foreign?.cpus, checkCpus, Math.min(2, cpus().length)),
    network: input.network ?? foreign?.network ?? 'user',
  };
}

function buildDefinition(input: CreateInput, { id, network, ...decisions }: Decisions): MachineDefinition {
  const { source } = input;
  return {
    schemaVersion: 3,
    id,
    name: input.name,
    uuid: randomUUID(),
    createdAt: new Date().toISOString(),
    tags: [...new Set(input.tags ?? [])],
    ...decisions,
    accelerator: input.accelerator ?? 'auto',
    nvram: decisions.firmware === 'bios' ? null : machineFile.nvram,
    tpm: input.tpm === true ? machineFile.tpm : null,
    cdrom: source.type === 'iso' ? source.path : null,
    bootOrder: ['disk', 'cdrom', 'network'],
    kernel:
      source.type === 'kernel' ? { kernel: source.kernel, initrd: source.initrd ?? null, append: source.append ?? '' } : null,
    network: {
      mode: network,
      mac: makeMac(),
      ports: input.ports ?? [],
      bootFile: source.type === 'netboot' ? (source.bootFile ?? null) : null,
    },
    extraArguments: input.extraArguments ?? [],
    timeline: emptyTimeline,
    template: null,
    throwaway: null,
    origin: null,
  };
}

/** 2 GiB, or a quarter of a small host. */
function defaultMemoryMiB(): number {
  return Math.max(256, Math.min(2048, Math.floor(totalmem() / mib / 4)));
}
