import { statfsSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { formatBytes } from '../storage/format-bytes.ts';

/** Throws `wrong-state` for a machine with a raw disk, which cannot carry layers, and says how to mend that. */
export function checkDisksCanBranch(machine: MachineDefinition): void {
  const raw = machine.disks.find(({ format }) => format === 'raw');
  if (raw === undefined) return;
  throw new AppError('wrong-state', `Disk ${raw.id} of “${machine.name}” is a raw image, which cannot hold snapshots.`, {
    hint: `Convert it while the machine is off: \`bothy image convert ${machine.name}:${raw.id}\`.`,
  });
}

/** Throws `not-enough-space` when `bytes` do not fit where the folder is. */
export function checkFreeSpace(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new AppError('not-enough-space', `${what} needs ${formatBytes(bytes)}; ${formatBytes(free)} are free.`, {
    hint: 'Make room, or set BOTHY_HOME to a folder on a larger disk.',
  });
}
