import { availableParallelism } from 'node:os';
import { AppError } from '../../contract/app-error.ts';
import type { DoctorReport, KvmReport } from '../../contract/host.ts';
import { buildChecks } from './doctor-checks.ts';
import type { Environment } from './find-program.ts';
import { findBios, findFirmware, listDescriptorFolders } from './firmware.ts';
import { findHelperPrograms } from './helper-programs.ts';
import { probeKvmDevice, readGroupStanding } from './kvm-device.ts';
import { findQemu, findQemuImg, type QemuFacts, readOsRelease, readQemuImgVersion } from './qemu-tools.ts';
import { readFreeBytes, readMemory } from './space.ts';

export interface DoctorOptions {
  readonly environment: Environment;
  readonly kvmDevice: string;
  readonly dataFolder: string;
  readonly qemu: () => Promise<QemuFacts>;
  readonly kvm: () => Promise<KvmReport>;
}

/** Looks at everything machines depend on and judges it. What is wrong with the host is in the report, never thrown. */
export async function readDoctorReport(options: DoctorOptions): Promise<DoctorReport> {
  const { environment, kvmDevice, dataFolder } = options;
  const [facts, qemuImg, kvm, freeBytes] = await Promise.all([
    attempt(options.qemu),
    attempt(async () => {
      const path = findQemuImg(environment);
      return { path, version: await readQemuImgVersion(path, environment) };
    }),
    options.kvm(),
    readFreeBytes(dataFolder),
  ]);
  const qemuPath = facts.value?.qemu ?? (await attempt(async () => findQemu(environment))).value;
  const device = probeKvmDevice(kvmDevice);
  const folders = listDescriptorFolders(environment);
  const found = {
    kvm,
    accelerator: kvm.usable ? ('kvm' as const) : ('tcg' as const),
    qemu: facts.value === null ? null : buildQemuFacts(facts.value),
    qemuImg: qemuImg.value,
    firmware: {
      bios: qemuPath !== null && findBios(qemuPath) !== undefined,
      uefi: findFirmware('uefi', folders)?.code ?? null,
      uefiSecure: findFirmware('uefi-secure', folders)?.code ?? null,
    },
    memory: readMemory(),
    disk: { folder: dataFolder, freeBytes },
    cpus: availableParallelism(),
    helpers: findHelperPrograms(environment),
  };
  const checks = buildChecks({
    ...found,
    qemuProblem: facts.problem,
    qemuImgProblem: qemuImg.problem,
    device,
    kvmDevice,
    standing: readGroupStanding(device),
    osRelease: readOsRelease(),
  });
  return { checks, ...found };
}

function buildQemuFacts({ qemu, version, machineType, features }: QemuFacts): NonNullable<DoctorReport['qemu']> {
  return { path: qemu, version, machineType, features };
}

async function attempt<T>(ask: () => Promise<T>): Promise<{ value: T; problem: null } | { value: null; problem: AppError }> {
  try {
    return { value: await ask(), problem: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { value: null, problem: error };
  }
}
