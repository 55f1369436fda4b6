import { availableParallelism, homedir } from 'node:os';
import type { DoctorReport, FolderListing, HostFacts, KvmReport } from '../../contract/host.ts';
import { bothyVersion } from '../version.ts';
import type { Environment } from './find-program.ts';
import { findFirmware, listDescriptorFolders } from './firmware.ts';
import type { FirmwareFiles, FirmwareKind } from './firmware-descriptor.ts';
import { findHelperProgram, getHelperProgram } from './helper-programs.ts';
import { type KvmFinding, readKvmFinding } from './kvm.ts';
import { type QemuFacts, type QemuTools, readQemuFacts, readQemuTools } from './qemu-tools.ts';

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
  /** The path of swtpm, the TPM emulator. Throws `helper-missing` with the command that installs it. */
  swtpm(): string;
  /** Everything about this host, judged; `fresh` tests KVM again. Never throws for what is wrong with the host. */
  doctor(options?: { fresh?: boolean }): Promise<DoctorReport>;
  /** What the New machine dialog needs to know. */
  facts(): Promise<HostFacts>;
  /** Lists a folder, the user's home when none is given. Throws `file-not-found`, `file-unreadable`, `invalid-input`. */
  browse(folder?: string): Promise<FolderListing>;
}

export interface HostOptions {
  readonly environment: Environment;
  readonly kvmDevice: string;
  readonly cacheFolder: string;
  readonly dataFolder: string;
}

/** The host as seen through these variables. Looks at nothing before it is asked. */
export function createHost(options: HostOptions): Host {
  const { environment, cacheFolder, dataFolder, kvmDevice } = options;
  const home = environment['HOME']?.startsWith('/') ? environment['HOME'] : homedir();
  const qemu = (): Promise<QemuFacts> => readQemuFacts(environment, cacheFolder);
  // Several questions at once get the answer of one probe.
  let asking: Promise<KvmFinding> | undefined;
  const findKvm = (isFresh: boolean): Promise<KvmFinding> => {
    asking ??= readKvmFinding({ environment, kvmDevice, cacheFolder, qemu, isFresh }).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const kvm = async (isFresh: boolean): Promise<KvmReport> => (await findKvm(isFresh)).report;
  const firmware = (kind: FirmwareKind): FirmwareFiles | null => findFirmware(kind, listDescriptorFolders(environment)) ?? null;
  return {
    tools: () => readQemuTools(environment, cacheFolder),
    kvm: ({ fresh = false } = {}) => kvm(fresh),
    kvmCpu: async () => (await findKvm(false)).cpu,
    firmware,
    swtpm: () => getHelperProgram('swtpm', 'A machine with a TPM', environment),
    // These three are off the path of `bothy start`, which need not load them.
    async doctor({ fresh = false } = {}) {
      const { readDoctorReport } = await import('./doctor.ts');
      return readDoctorReport({ environment, kvmDevice, dataFolder, qemu, kvm: () => kvm(fresh) });
    },
    async facts() {
      const { readFreeBytes, readMemory } = await import('./space.ts');
      const [report, freeBytes] = await Promise.all([kvm(false), readFreeBytes(dataFolder)]);
      return {
        totalMemoryMiB: readMemory().totalMiB,
        cpus: availableParallelism(),
        freeBytes,
        accelerator: report.usable ? 'kvm' : 'tcg',
        notice: report.usable ? null : report.message,
        uefi: firmware('uefi') !== null,
        tpm: findHelperProgram('swtpm', environment) !== undefined,
        home,
        version: bothyVersion,
      };
    },
    async browse(folder = home) {
      const { browseFolder } = await import('./browse-folder.ts');
      return browseFolder(folder);
    },
  };
}
