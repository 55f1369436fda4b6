import { chmodSync, copyFileSync } from 'node:fs';
import type { FirmwareFiles } from '../host/host.ts';
import type { QemuImg } from '../image/qemu-img.ts';

/**
 * Makes a machine's own copy of the UEFI variables, raw whatever the distribution ships: the guest writes every byte of
 * it, so its format may never be told from its content. A guest that wrote the header of another format there could
 * otherwise name any file of the host and read it.
 */
export async function copyFirmwareVariables(
  files: FirmwareFiles,
  target: string,
  qemuImg: QemuImg,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (files.variablesFormat === 'raw') copyFileSync(files.variables, target);
  else await qemuImg.unpack(files.variables, files.variablesFormat, target, signal);
  // A copy takes over the mode of the original, which may be read-only.
  chmodSync(target, 0o600);
}
