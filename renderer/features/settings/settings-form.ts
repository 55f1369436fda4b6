import type { AppErrorData } from '../../../contract/app-error.ts';
import type { AcceleratorChoice, BootDevice, MachineDefinition, Settings } from '../../../contract/machine.ts';
import { findNameProblem } from '../../state/suggest-name.ts';
import { findPortProblem, type PortRow, parsePorts } from '../../ui/parse-ports.ts';

/** The settings of a machine while they are edited. Paths are empty for none. */
export interface SettingsValues {
  readonly name: string;
  readonly tags: readonly string[];
  readonly memoryMiB: number | '';
  readonly cpus: number | '';
  readonly accelerator: AcceleratorChoice;
  readonly cdrom: string;
  readonly bootOrder: readonly BootDevice[];
  readonly ports: readonly PortRow[];
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly extraArguments: string;
}

/** What was touched and not saved yet. */
export type SettingsDraft = Partial<SettingsValues>;

export type SettingsField = 'name' | 'tags' | 'memory' | 'cpus' | 'accelerator' | 'cdrom' | 'ports' | 'kernel';

/** The form of a machine as it is. */
export function buildSettingsValues(definition: MachineDefinition): SettingsValues {
  return {
    name: definition.name,
    tags: definition.tags,
    memoryMiB: definition.memoryMiB,
    cpus: definition.cpus,
    accelerator: definition.accelerator,
    cdrom: definition.cdrom ?? '',
    bootOrder: definition.bootOrder,
    ports: definition.network.ports,
    kernel: definition.kernel?.kernel ?? '',
    initrd: definition.kernel?.initrd ?? '',
    append: definition.kernel?.append ?? '',
    extraArguments: definition.extraArguments.join('\n'),
  };
}

/** What was changed, as the operation takes it: only settings that differ. */
export function buildChanges(values: SettingsValues, definition: MachineDefinition): Settings {
  const next: Required<Settings> = {
    name: values.name,
    tags: [...values.tags],
    memoryMiB: values.memoryMiB === '' ? definition.memoryMiB : values.memoryMiB,
    cpus: values.cpus === '' ? definition.cpus : values.cpus,
    accelerator: values.accelerator,
    cdrom: values.cdrom.trim() === '' ? null : values.cdrom.trim(),
    bootOrder: [...values.bootOrder],
    ports: parsePorts(values.ports),
    kernel:
      values.kernel.trim() === ''
        ? null
        : {
            kernel: values.kernel.trim(),
            initrd: values.initrd.trim() === '' ? null : values.initrd.trim(),
            append: values.append,
          },
    extraArguments: values.extraArguments.split('\n').filter((line) => line.trim() !== ''),
  };
  const before: Record<string, unknown> = { ...definition, ports: definition.network.ports };
  return Object.fromEntries(Object.entries(next).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])));
}

/** What keeps the settings from being saved, by field. */
export function findSettingsProblems(values: SettingsValues, taken: ReadonlySet<string>): Partial<Record<SettingsField, string>> {
  const problems: Partial<Record<SettingsField, string>> = {};
  const add = (field: SettingsField, words: string | null) => {
    if (words !== null) problems[field] = words;
  };
  add('name', findNameProblem(values.name, taken));
  add('memory', isWhole(values.memoryMiB, 16) ? null : 'Give it at least 16 MiB.');
  add('cpus', isWhole(values.cpus, 1) && Number(values.cpus) <= 255 ? null : 'A machine has 1 to 255 CPUs.');
  add('ports', findPortProblem(values.ports));
  if (values.cdrom !== '' && !values.cdrom.startsWith('/')) add('cdrom', 'Write the whole path, beginning with “/”.');
  if (values.kernel === '' && values.initrd !== '') add('kernel', 'An initrd needs a kernel.');
  else if ([values.kernel, values.initrd].some((path) => path !== '' && !path.startsWith('/')))
    add('kernel', 'Write whole paths, beginning with “/”.');
  return problems;
}

/** Where an error of saving belongs; null when it belongs to no field. */
export function findSettingsErrorField(error: AppErrorData, changes: Settings): SettingsField | null {
  switch (error.code) {
    case 'name-taken':
      return 'name';
    case 'not-enough-memory':
      return 'memory';
    case 'accelerator-unavailable':
      return 'accelerator';
    case 'file-not-found':
    case 'file-unreadable':
    case 'image-invalid':
    case 'image-unsafe':
      return changes.cdrom === undefined ? 'kernel' : changes.kernel === undefined ? 'cdrom' : null;
    default: {
      // With one setting changed, that one is meant.
      const [only, ...others] = Object.keys(changes);
      return others.length === 0 && only !== undefined ? (fieldOfSetting[only] ?? null) : null;
    }
  }
}

/** Moves a device of the boot order by one place. */
export function moveDevice(order: readonly BootDevice[], device: BootDevice, step: -1 | 1): readonly BootDevice[] {
  const from = order.indexOf(device);
  const other = order[from + step];
  if (from < 0 || other === undefined) return order;
  return order.map((one) => (one === device ? other : one === other ? device : one));
}

const fieldOfSetting: Record<string, SettingsField> = {
  name: 'name',
  tags: 'tags',
  memoryMiB: 'memory',
  cpus: 'cpus',
  accelerator: 'accelerator',
  cdrom: 'cdrom',
  ports: 'ports',
  kernel: 'kernel',
};

function isWhole(value: number | '', min: number): boolean {
  return value !== '' && Number.isInteger(value) && value >= min;
}
