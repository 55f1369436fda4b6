import type { AppErrorData, ErrorCode } from '../../../contract/app-error.ts';
import type { HostFacts } from '../../../contract/host.ts';
import {
  type AcceleratorChoice,
  type CreateInput,
  type Firmware,
  type MachineSource,
  maxDisks,
} from '../../../contract/machine.ts';
import { findNameProblem } from '../../state/suggest-name.ts';
import { findPortProblem, type PortRow, parsePorts } from '../../ui/parse-ports.ts';

export type SourceType = 'iso' | 'image' | 'kernel' | 'netboot' | 'template';

/** What the New machine dialog holds while it is filled in. */
export interface CreateValues {
  readonly name: string;
  readonly source: SourceType;
  readonly isoPath: string;
  readonly imagePath: string;
  readonly kernelPath: string;
  readonly initrdPath: string;
  readonly append: string;
  readonly bootFile: string;
  /** The template's id. */
  readonly template: string;
  /** Of a template's machine, empty: as the template has it. */
  readonly memoryMiB: number | '';
  readonly cpus: number | '';
  /** 0 is no disk; for an image, empty keeps the image's own size. */
  readonly diskGiB: number | '';
  /** Further disks, empty at first. */
  readonly extraDisksGiB: readonly (number | '')[];
  /** Null for what usually boots, or what the disk image was made for. */
  readonly firmware: Firmware | null;
  readonly hasTpm: boolean;
  readonly accelerator: AcceleratorChoice;
  readonly network: 'user' | 'none';
  readonly ports: readonly PortRow[];
  readonly tags: readonly string[];
  readonly extraArguments: string;
  readonly isStarted: boolean;
}

/** The places of the form an error can stand at. */
export type CreateField = 'name' | 'source' | 'memory' | 'cpus' | 'disk' | 'extraDisks' | 'firmware' | 'accelerator' | 'ports';
export type CreateProblems = Partial<Record<CreateField, string>>;

const gib = 1024 ** 3;
const maxDiskGiB = 65_536;

/** A form that just works on this host. */
export function buildCreateDefaults(facts: HostFacts | null): CreateValues {
  const totalMiB = facts?.totalMemoryMiB ?? 4096;
  return {
    name: '',
    source: 'iso',
    isoPath: '',
    imagePath: '',
    kernelPath: '',
    initrdPath: '',
    append: 'console=tty0 console=ttyS0',
    bootFile: '',
    template: '',
    memoryMiB: totalMiB >= 8192 ? 2048 : Math.max(256, 2 ** Math.floor(Math.log2(totalMiB / 4))),
    cpus: Math.min(2, facts?.cpus ?? 1),
    diskGiB: 20,
    extraDisksGiB: [],
    firmware: null,
    hasTpm: false,
    accelerator: 'auto',
    network: 'user',
    ports: [],
    tags: [],
    extraArguments: '',
    isStarted: true,
  };
}

/** The form after another source was chosen: each has its own usual disk, and a template all that its machines have. */
export function applySource(values: CreateValues, source: SourceType, defaults: CreateValues): CreateValues {
  if (values.source === source) return values;
  if (source === 'template') return { ...values, source, memoryMiB: '', cpus: '', diskGiB: '', extraDisksGiB: [] };
  const diskGiB = source === 'image' ? '' : source === 'kernel' ? 0 : 20;
  const { memoryMiB, cpus } = values.source === 'template' ? defaults : values;
  return { ...values, source, memoryMiB, cpus, diskGiB };
}

/** The file a name can be made from. */
export function findSourcePath(values: CreateValues): string | null {
  const path = { iso: values.isoPath, image: values.imagePath, kernel: '', netboot: '', template: '' }[values.source];
  return path === '' ? null : path;
}

/** What keeps the form from being sent, by field. */
export function findCreateProblems(values: CreateValues, facts: HostFacts | null, taken: ReadonlySet<string>): CreateProblems {
  const problems: CreateProblems = {};
  const add = (field: CreateField, words: string | null | undefined) => {
    if (words !== null && words !== undefined) problems[field] = words;
  };
  add('name', findNameProblem(values.name, taken));
  add('source', findSourceProblem(values));
  const { memoryMiB, cpus, diskGiB } = values;
  const isOfTemplate = values.source === 'template';
  if (isOfTemplate && memoryMiB === '') add('memory', null);
  else if (memoryMiB === '' || !Number.isInteger(memoryMiB) || memoryMiB < 16) add('memory', 'Give it at least 16 MiB.');
  else if (facts !== null && memoryMiB > facts.totalMemoryMiB) add('memory', `This host has ${facts.totalMemoryMiB} MiB in all.`);
  if (isOfTemplate && cpus === '') add('cpus', null);
  else if (cpus === '' || !Number.isInteger(cpus) || cpus < 1) add('cpus', 'Give it at least one CPU.');
  else if (cpus > 255) add('cpus', 'A machine has at most 255 CPUs.');
  if (diskGiB === '' && values.source !== 'image' && !isOfTemplate) add('disk', 'Give the size, or 0 for no disk.');
  else if (diskGiB !== '' && diskGiB > maxDiskGiB) add('disk', `A disk has at most ${maxDiskGiB} GiB.`);
  add('extraDisks', findExtraDiskProblem(values));
  add('ports', findPortProblem(values.ports));
  return problems;
}

/** The finished form as the operation takes it. */
export function buildCreateInput(values: CreateValues): CreateInput {
  const { memoryMiB, cpus, diskGiB } = values;
  const extraArguments = values.extraArguments.split('\n').filter((line) => line.trim() !== '');
  return {
    name: values.name,
    source: buildSource(values),
    ...(memoryMiB === '' ? {} : { memoryMiB }),
    ...(cpus === '' ? {} : { cpus }),
    ...(diskGiB === '' ? {} : { diskSize: Math.round(diskGiB * gib) }),
    ...(values.extraDisksGiB.length === 0
      ? {}
      : { extraDisks: values.extraDisksGiB.map((size) => Math.round(Number(size) * gib)) }),
    ...(values.source === 'template' ? {} : buildHardware(values)),
    ...(values.source === 'template' && values.network === 'user' ? {} : { network: values.network }),
    ports: values.network === 'user' ? parsePorts(values.ports) : [],
    tags: [...values.tags],
    ...(extraArguments.length === 0 ? {} : { extraArguments }),
    start: values.isStarted,
  };
}

/** What a template has settled for its machines. */
function buildHardware({ source, firmware, hasTpm, accelerator }: CreateValues): Partial<CreateInput> {
  return {
    ...(firmware === null && source === 'image' ? {} : { firmware: firmware ?? 'bios' }),
    ...(hasTpm ? { tpm: true } : {}),
    accelerator,
  };
}

/** Where an error of the operation belongs in the form; null when it belongs to no field. */
export function findErrorField(error: AppErrorData): CreateField | null {
  return fieldOfCode[error.code] ?? null;
}

const fieldOfCode: Partial<Record<ErrorCode, CreateField>> = {
  'name-taken': 'name',
  'file-not-found': 'source',
  'file-unreadable': 'source',
  'image-invalid': 'source',
  'image-unsafe': 'source',
  'archive-invalid': 'source',
  'not-enough-memory': 'memory',
  'not-enough-space': 'disk',
  'firmware-missing': 'firmware',
  'accelerator-unavailable': 'accelerator',
  'port-taken': 'ports',
};

function findExtraDiskProblem({ diskGiB, extraDisksGiB }: CreateValues): string | null {
  if (extraDisksGiB.some((size) => size === '' || size <= 0)) return 'Give every disk a size, or remove it.';
  if (extraDisksGiB.some((size) => Number(size) > maxDiskGiB)) return `A disk has at most ${maxDiskGiB} GiB.`;
  const count = (diskGiB === 0 ? 0 : 1) + extraDisksGiB.length;
  return count > maxDisks ? `A machine has at most ${maxDisks} disks; these are ${count}.` : null;
}

function findSourceProblem(values: CreateValues): string | null {
  if (values.source === 'template') return values.template === '' ? 'Choose a template.' : null;
  const path = { iso: values.isoPath, image: values.imagePath, kernel: values.kernelPath, netboot: null }[values.source];
  if (path === '')
    return { iso: 'Choose an ISO.', image: 'Choose a disk image.', kernel: 'Choose a kernel.', netboot: '' }[values.source];
  if (path?.startsWith('/') === false) return 'Write the whole path, beginning with “/”.';
  if (values.source === 'kernel' && values.initrdPath !== '' && !values.initrdPath.startsWith('/'))
    return 'Write the whole path of the initrd, beginning with “/”.';
  return null;
}

function buildSource(values: CreateValues): MachineSource {
  switch (values.source) {
    case 'iso':
      return { type: 'iso', path: values.isoPath.trim() };
    case 'image':
      return { type: 'image', path: values.imagePath.trim() };
    case 'kernel': {
      const { initrdPath, append } = values;
      return {
        type: 'kernel',
        kernel: values.kernelPath.trim(),
        ...(initrdPath === '' ? {} : { initrd: initrdPath.trim() }),
        ...(append === '' ? {} : { append }),
      };
    }
    case 'template':
      return { type: 'template', template: values.template };
    case 'netboot':
      return values.bootFile === '' ? { type: 'netboot' } : { type: 'netboot', bootFile: values.bootFile.trim() };
  }
}
