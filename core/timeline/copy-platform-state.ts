import { constants, copyFileSync, cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';
import { machineFile, savedFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { listFiles } from './list-files.ts';

/** What a machine has beside its disks: the UEFI variables and the TPM's state, if it has these. Absolute paths. */
export interface PlatformState {
  readonly nvram: string | null;
  readonly tpm: string | null;
}

/** Where the present of a machine has it. */
export function findPlatformState(folder: string, { nvram, tpm }: MachineConfiguration): PlatformState {
  return { nvram: nvram === null ? null : join(folder, nvram), tpm: tpm === null ? null : join(folder, tpm) };
}

/** Where a snapshot of a machine of this configuration has it. */
export function findSavedPlatformState(folder: string, { nvram, tpm }: MachineConfiguration): PlatformState {
  return { nvram: nvram === null ? null : join(folder, savedFile.nvram), tpm: tpm === null ? null : join(folder, savedFile.tpm) };
}

/** The names a machine's new present has it under, relative to the machine's folder. */
export function namePlatformState(
  { nvram, tpm }: MachineConfiguration,
  generation: string,
): { nvram: string | null; tpm: string | null } {
  return {
    nvram: nvram === null ? null : machineFile.nvram.replace('.fd', `-${generation}.fd`),
    tpm: tpm === null ? null : `${machineFile.tpm}-${generation}`,
  };
}

/** Throws `image-invalid` when the variables or the TPM's state are not there any more. */
export function checkPlatformState({ nvram, tpm }: PlatformState): void {
  if (nvram !== null && (statSync(nvram, { throwIfNoEntry: false })?.size ?? 0) === 0)
    throw buildLost('The UEFI variables are', nvram);
  if (tpm !== null && statSync(tpm, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw buildLost('The TPM’s state is', tpm);
}

function buildLost(what: string, path: string): AppError {
  return new AppError('image-invalid', `${what} lost: ${path}`, { hint: 'Restore that from a backup.' });
}

/** Copies it at once; by reference where the file system can. Half a MiB for the variables, a few KiB for a TPM. */
export function copyPlatformState(from: PlatformState, to: PlatformState): void {
  checkPlatformState(from);
  if (from.nvram !== null && to.nvram !== null) copyFileSync(from.nvram, to.nvram, constants.COPYFILE_FICLONE);
  if (from.tpm !== null && to.tpm !== null) cpSync(from.tpm, to.tpm, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** Brings the copies to the disk. */
export async function syncPlatformState({ nvram, tpm }: PlatformState): Promise<void> {
  const files = [...(nvram === null ? [] : [nvram]), ...(tpm === null ? [] : listFiles(tpm).map(({ path }) => path))];
  await Promise.all(files.map(syncFile));
}
