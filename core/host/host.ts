import type { KvmReport } from '../../contract/host.ts';
import type { Environment } from './find-program.ts';
import { findFirmware, listDescriptorFolders } from './firmware.ts';
import type { FirmwareFiles, FirmwareKind } from './firmware-descriptor.ts';
import { type KvmFinding, readKvmFinding } from './kvm.ts';
import { type QemuTools, readQemuTools } from './qemu-tools.ts';

export type { FirmwareFiles, FirmwareKind } from './firmware-descriptor.ts';
export type { QemuTools } from './qemu-tools.ts';

/** What this computer can do. Everything slow is kept in the cache folder, so a second look starts no process. */
export interface Host {
  /** Throws `qemu-missing` with the command that installs it, `qemu-too-old`, `tool-failed`. */
  tools(): Promise<QemuTools>;
  /** Whether KVM works, proven by running a guest; `fresh` asks again. Never throws for what is wrong with the host. */
  kvm(options?: { fresh?: boolean }): Promise<KvmReport>;
  /** The value of `-cpu` that KVM starts with on this host; `host` unless that is known to fail. */
  kvmCpu(): Promise<string>;
  /** The UEFI images to use, null when none of that kind is installed. BIOS needs no file: QEMU brings it. */
  firmware(kind: FirmwareKind): FirmwareFiles | null;
}

export interface HostOptions {
  readonly environment: Environment;
  readonly kvmDevice: string;
  readonly cacheFolder: string;
  readonly dataFolder: string;
}

/** The host as seen through these variables. Looks at nothing before it is asked. */
export function createHost(options: HostOptions): Host {
  const { environment, cacheFolder, kvmDevice } = options;
  const tools = (): Promise<QemuTools> => readQemuTools(environment, cacheFolder);
  const findKvm = (isFresh: boolean): Promise<KvmFinding> =>
    readKvmFinding({ environment, kvmDevice, cacheFolder, tools, isFresh });
  return {
    tools,
    kvm: async ({ fresh = false } = {}) => (await findKvm(fresh)).report,
    kvmCpu: async () => (await findKvm(false)).cpu,
    firmware: (kind) => findFirmware(kind, listDescriptorFolders(environment)) ?? null,
  };
}
