import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';

/** Throws `wrong-state` for a machine with a raw disk, which cannot carry layers, and says how to mend that. */
export function checkDisksCanBranch(machine: MachineDefinition): void {
  const raw = machine.disks.find(({ format }) => format === 'raw');
  if (raw === undefined) return;
  throw new AppError('wrong-state', `Disk ${raw.id} of “${machine.name}” is a raw image, which cannot hold snapshots.`, {
    hint: `Convert it while the machine is off: \`bothy image convert ${machine.name}:${raw.id}\`.`,
  });
}
