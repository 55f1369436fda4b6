import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './find-program.ts';
import {
  type FirmwareDescriptor,
  type FirmwareFiles,
  type FirmwareKind,
  findDescriptor,
  rankDescriptors,
} from './firmware-descriptor.ts';

/** The best installed UEFI firmware of a kind, as the distribution's descriptors rank it, else from well-known places. */
export function findFirmware(kind: FirmwareKind, descriptorFolders: readonly string[]): FirmwareFiles | undefined {
  const described = rankDescriptors(readDescriptors(descriptorFolders), kind);
  return [...described, ...wellKnown[kind]].find(({ code, variables }) => isReadable(code) && isReadable(variables));
}

/** Where descriptors are, weakest first: a file replaces one of the same name in an earlier folder. */
export function listDescriptorFolders(environment: Environment): string[] {
  const home = environment['HOME'] ?? '';
  const configuration = environment['XDG_CONFIG_HOME'] ?? (home === '' ? undefined : join(home, '.config'));
  const folders = ['/usr/share/qemu/firmware', '/etc/qemu/firmware'];
  return configuration?.startsWith('/') ? [...folders, join(configuration, 'qemu/firmware')] : folders;
}

/** SeaBIOS, which QEMU loads by itself from its data folder; undefined when a distribution left it out. */
export function findBios(qemu: string): string | undefined {
  const prefix = dirname(dirname(qemu));
  const folders = ['share/qemu', 'share/seabios', 'share/qemu-kvm'];
  return [prefix, '/usr'].flatMap((root) => folders.map((folder) => join(root, folder, 'bios-256k.bin'))).find(existsSync);
}

function readDescriptors(folders: readonly string[]): FirmwareDescriptor[] {
  const paths = new Map<string, string>();
  for (const folder of folders) {
    for (const name of listNames(folder)) if (name.endsWith('.json')) paths.set(name, join(folder, name));
  }
  return [...paths]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, path]) => findDescriptor(readText(path)))
    .filter((descriptor) => descriptor !== undefined);
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** An empty or unreadable file hides the one it replaces, as QEMU's specification wants it. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** For distributions without descriptors: Debian and Ubuntu, Fedora, Arch, openSUSE, in this order. */
const wellKnown: Readonly<Record<FirmwareKind, readonly FirmwareFiles[]>> = {
  uefi: [
    buildRawPair('/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'),
    buildRawPair('/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'),
    buildRawPair('/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'),
    buildRawPair('/usr/share/qemu/ovmf-x86_64-4m-code.bin', '/usr/share/qemu/ovmf-x86_64-4m-vars.bin'),
    buildRawPair('/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'),
  ],
  'uefi-secure': [
    buildRawPair('/usr/share/OVMF/OVMF_CODE_4M.ms.fd', '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'),
    buildRawPair('/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd', '/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd'),
    buildRawPair('/usr/share/qemu/ovmf-x86_64-smm-ms-code.bin', '/usr/share/qemu/ovmf-x86_64-smm-ms-vars.bin'),
  ],
};

function buildRawPair(code: string, variables: string): FirmwareFiles {
  return { code, format: 'raw', variables, variablesFormat: 'raw' };
}
