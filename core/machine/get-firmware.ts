import { AppError } from '../../contract/app-error.ts';
import type { FirmwareFiles, FirmwareKind, Host } from '../host/host.ts';

/** The UEFI images of a kind. Throws `firmware-missing` when none is installed. */
export function getFirmware(host: Host, kind: FirmwareKind): FirmwareFiles {
  const files = host.firmware(kind);
  if (files !== null) return files;
  throw new AppError('firmware-missing', `No ${kind === 'uefi' ? 'UEFI' : 'UEFI Secure Boot'} firmware was found on this host.`, {
    hint: 'Install it (`bothy doctor` names the package), or use --firmware bios.',
  });
}
