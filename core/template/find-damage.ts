import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { readOwnChain } from '../timeline/own-layer.ts';

/** What of a template is missing or cannot be read, so that no machine can be made of it; null when nothing is. Reads headers only. */
export function findDamage(folder: string, { disks, kernel }: Pick<MachineDefinition, 'disks' | 'kernel'>): string | null {
  const started = kernel === null ? [] : [kernel.kernel, ...(kernel.initrd === null ? [] : [kernel.initrd])];
  const missing = started.find((path) => !existsSync(path));
  if (missing !== undefined) return `the file it starts is not there: ${missing}`;
  try {
    for (const { file } of disks) readOwnChain(join(folder, file));
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.message.replace(/\.$/, '');
    throw error;
  }
}

/** Throws `image-invalid` for one of which no machine can be made. */
export function requireWhole(folder: string, template: Pick<MachineDefinition, 'name' | 'disks' | 'kernel'>): void {
  const damage = findDamage(folder, template);
  if (damage === null) return;
  throw new AppError('image-invalid', `The template “${template.name}” is damaged: ${damage}.`, {
    hint: `Restore the file from a backup. What else of it is not as it was is told by: bothy template check ${template.name}`,
  });
}
