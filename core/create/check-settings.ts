import { AppError } from '../../contract/app-error.ts';
import { type DiskBus, machineNamePattern, maxDisks, type PortForward } from '../../contract/machine.ts';
import { checkMemory } from '../machine/preflight.ts';

/** The most CPUs a q35 machine takes without an interrupt-remapping unit. */
const maxCpus = 255;
const minMemoryMiB = 16;
const maxDiskBytes = 64 * 1024 ** 4;

/** Throws `invalid-input` that says what is wrong with the name. */
export function checkName(name: string, what: 'machine' | 'template' = 'machine'): void {
  if (machineNamePattern.test(name)) return;
  throw new AppError('invalid-input', `${describeName(name)} cannot be a ${what}'s name: ${findNameFault(name)}.`, {
    hint: 'Use 1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.',
  });
}

export function checkCpus(cpus: number): void {
  if (Number.isInteger(cpus) && cpus >= 1 && cpus <= maxCpus) return;
  throw new AppError('invalid-input', `${cpus} is not a possible number of CPUs.`, {
    hint: `Choose a whole number from 1 to ${maxCpus}.`,
  });
}

export function checkMemorySize(memoryMiB: number): void {
  if (!Number.isInteger(memoryMiB) || memoryMiB < minMemoryMiB) {
    throw new AppError('invalid-input', `${memoryMiB} MiB is not a possible amount of memory.`, {
      hint: `Choose a whole number of MiB, at least ${minMemoryMiB}.`,
    });
  }
  checkMemory(memoryMiB);
}

/** Bytes; rounded up to whole MiB by the caller. */
export function checkDiskSize(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0 && bytes <= maxDiskBytes) return;
  throw new AppError('invalid-input', `${bytes} bytes is not a possible disk size.`, {
    hint: 'Choose a size from 1 MiB to 64 TiB.',
  });
}

/** Disks beyond the first. */
export function checkExtraDisks(sizes: readonly number[]): void {
  for (const bytes of sizes) {
    if (bytes === 0)
      throw new AppError('invalid-input', 'A further disk cannot have 0 bytes.', { hint: 'Leave it out, or give its size.' });
    checkDiskSize(bytes);
  }
}

/** Whether each disk has a place on its bus. */
export function checkDisks(buses: readonly DiskBus[]): void {
  if (buses.length > maxDisks) {
    throw new AppError('invalid-input', `${buses.length} disks are more than a machine can have.`, {
      hint: `Give it ${maxDisks} disks or fewer.`,
    });
  }
  const sata = buses.filter((bus) => bus === 'sata').length;
  if (sata <= maxSataDisks) return;
  throw new AppError('invalid-input', `${sata} SATA disks are more than a machine can have.`, {
    hint: `Put them on virtio (--bus virtio), if its system knows that, or give it ${maxSataDisks} disks or fewer.`,
  });
}

/** q35 has six ports, and the CD drive is on one of them. */
const maxSataDisks = 5;

export function checkPorts(ports: readonly PortForward[]): void {
  const seen = new Set<string>();
  for (const { host, protocol } of ports) {
    const key = `${protocol} ${host}`;
    if (seen.has(key))
      throw new AppError('invalid-input', `Host port ${host}/${protocol} is forwarded twice.`, {
        hint: 'Give each forwarding its own host port.',
      });
    seen.add(key);
  }
}

export function checkTags(tags: readonly string[]): void {
  const bad = tags.find((tag) => !/^[\p{L}\p{N}][\p{L}\p{N} ._:/-]{0,39}$/u.test(tag));
  if (bad === undefined) return;
  throw new AppError('invalid-input', `${describeName(bad)} cannot be a tag.`, {
    hint: 'Use 1 to 40 letters, digits, spaces and . _ : / - .',
  });
}

export function checkExtraArguments(args: readonly string[]): void {
  if (args.every((arg) => !arg.includes('\0'))) return;
  throw new AppError('invalid-input', 'An extra QEMU argument holds a zero byte.', { hint: 'Remove it.' });
}

function findNameFault(name: string): string {
  if (name === '') return 'it is empty';
  if (name.length > 63) return `it has ${name.length} characters`;
  const strange = [...name].find((character) => !/[A-Za-z0-9._-]/.test(character));
  if (strange === undefined) return `it begins with “${name[0]}”`;
  if (strange === ' ') return 'it has a space';
  if (strange === '/') return 'it has a slash';
  const code = strange.codePointAt(0) ?? 0;
  return code < 32 || (code >= 127 && code < 160)
    ? `it has the control character U+${code.toString(16).padStart(4, '0')}`
    : `it has “${strange}”`;
}

/** Quotes a text for a message: shortened, control characters escaped. */
function describeName(text: string): string {
  const quoted = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
  return `“${quoted.slice(1, -1)}”`;
}
