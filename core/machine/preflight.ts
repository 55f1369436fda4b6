import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration } from '../../contract/machine.ts';

/** Finds what QEMU would only stumble over: files that are gone or not readable, and too little memory. */
export function checkBeforeStart(machine: MachineConfiguration, folder: string): void {
  checkMemory(machine.memoryMiB);
  for (const disk of machine.disks) checkReadableFile(join(folder, disk.file), `Disk ${disk.id} of “${machine.name}”`);
  if (machine.tpm !== null && statSync(join(folder, machine.tpm), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new AppError('file-not-found', `The TPM state of “${machine.name}” is not there: ${join(folder, machine.tpm)}`, {
      hint: 'Restore the folder; an empty one makes a new TPM, without the keys of the old.',
    });
  }
  if (machine.cdrom !== null)
    checkReadableFile(
      machine.cdrom,
      `The CD medium of “${machine.name}”`,
      'Choose another medium, or eject it: `bothy set NAME cdrom=none`.',
    );
  if (machine.kernel !== null) {
    checkReadableFile(machine.kernel.kernel, `The kernel of “${machine.name}”`);
    if (machine.kernel.initrd !== null) checkReadableFile(machine.kernel.initrd, `The initrd of “${machine.name}”`);
  }
}

/** Refuses more memory than the host has at all. */
export function checkMemory(memoryMiB: number): void {
  const hostMiB = Math.floor(totalmem() / 1024 / 1024);
  if (memoryMiB <= hostMiB) return;
  throw new AppError('not-enough-memory', `${memoryMiB} MiB of memory is more than this host has (${hostMiB} MiB).`, {
    hint: `Choose ${Math.max(128, Math.floor(hostMiB / 2))} MiB or less.`,
  });
}

/**
 * Throws `file-not-found` or `file-unreadable` for what is not a readable file (a folder, a device, a pipe that would never
 * end), and `invalid-input` for a path that depends on where this process stands. `what` begins the sentence.
 */
export function checkReadableFile(path: string, what: string, hint = 'Check the path.'): void {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new AppError('invalid-input', `${what} has no absolute path: ${JSON.stringify(path)}`, {
      hint: 'Give the whole path, beginning with /.',
    });
  }
  const status = findStatus(path, what, hint);
  if (status === undefined) throw new AppError('file-not-found', `${what} is not there: ${path}`, { hint });
  if (!status.isFile()) {
    const kind = status.isDirectory() ? 'a folder' : 'a device or pipe';
    throw new AppError('file-unreadable', `${what} is ${kind}, not a file: ${path}`, { hint });
  }
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw new AppError('file-unreadable', `${what} cannot be read: ${path}`, {
      hint: `Allow your user to read it: chmod u+r '${path}'`,
      cause: error,
    });
  }
}

function findStatus(path: string, what: string, hint: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new AppError('file-unreadable', `${what} cannot be reached: ${(error as Error).message}`, { hint, cause: error });
  }
}
