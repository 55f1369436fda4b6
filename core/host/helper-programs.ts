import { AppError } from '../../contract/app-error.ts';
import { type Environment, findProgram } from './find-program.ts';
import { buildInstallHint, type InstallThing } from './install-commands.ts';
import { readOsRelease } from './qemu-tools.ts';

/** A program that Bothy works without, and what it is for. */
interface HelperProgram {
  readonly name: InstallThing;
  /** Completes "without it, there ...". */
  readonly lack: string;
  /** Where it is kept when it is not meant to be run by hand. */
  readonly folders?: readonly string[];
}

/** Every program Bothy makes use of when it is there. */
export const helperPrograms: readonly HelperProgram[] = [
  { name: 'swtpm', lack: 'are no TPMs for machines' },
  {
    name: 'virtiofsd',
    lack: 'are no folders shared at full speed',
    folders: ['/usr/libexec', '/usr/lib/qemu', '/usr/lib/virtiofsd', '/usr/lib'],
  },
  { name: 'passt', lack: 'is only QEMU’s own, slower user network' },
  { name: 'ssh', lack: 'is no `bothy ssh`' },
  { name: 'xorriso', lack: 'are no ISO images made' },
];

/** The path of one. */
export function findHelperProgram(name: InstallThing, environment: Environment): string | undefined {
  return findProgram(name, environment, helperPrograms.find((program) => program.name === name)?.folders);
}

/** The same, where `who` cannot do without it. */
export function getHelperProgram(name: InstallThing, who: string, environment: Environment): string {
  const path = findHelperProgram(name, environment);
  if (path !== undefined) return path;
  throw new AppError('helper-missing', `${who} needs ${name}, which is not installed, or not on PATH.`, {
    hint: buildInstallHint(readOsRelease(), [name]),
  });
}

/** The path of each, null for what is not installed. */
export function findHelperPrograms(environment: Environment): Record<string, string | null> {
  return Object.fromEntries(helperPrograms.map(({ name }) => [name, findHelperProgram(name, environment) ?? null]));
}
