import { type Environment, findProgram } from './find-program.ts';
import type { InstallThing } from './install-commands.ts';

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

/** The path of each, null for what is not installed. */
export function findHelperPrograms(environment: Environment): Record<string, string | null> {
  return Object.fromEntries(helperPrograms.map(({ name, folders }) => [name, findProgram(name, environment, folders) ?? null]));
}
