import { readFileSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';
import type { KvmReport } from '../../contract/host.ts';
import type { Environment } from './find-program.ts';
import { createJsonCache } from './json-cache.ts';
import { parseCpuInfo, probeKvmDevice, readCpuInfo, readGroupStanding } from './kvm-device.ts';
import { buildNoDeviceReport, buildNoPermissionReport, buildProbeReport, buildUntestedReport } from './kvm-words.ts';
import { type ProbeResult, runProbe } from './probe-guest.ts';
import type { QemuFacts } from './qemu-tools.ts';

/** What was found about KVM, and the `-cpu` value to use with it. */
export interface KvmFinding {
  readonly report: KvmReport;
  readonly cpu: string;
}

export interface KvmOptions {
  readonly environment: Environment;
  readonly kvmDevice: string;
  readonly cacheFolder: string;
  readonly qemu: () => Promise<QemuFacts>;
  readonly isFresh: boolean;
  /** How long the guest may take; tests with a guest that hangs want less than the usual. */
  readonly deadlineMs?: number;
}

/**
 * CPUs to try, best first. On some hosts the kernel offers a CPU with ARCH_CAPABILITIES but refuses to set them, and QEMU
 * aborts ("failed to set MSR 0x10a"); without them a guest is only told less about the CPU's known weaknesses.
 */
const cpus = ['host', 'host,arch-capabilities=off'] as const;

/** Judges KVM by running the probe guest, or by what is known since the host booted. */
export async function readKvmFinding(options: KvmOptions): Promise<KvmFinding> {
  const device = probeKvmDevice(options.kvmDevice);
  if (device.kind === 'absent') return withoutProbe(buildNoDeviceReport(options.kvmDevice, parseCpuInfo(readCpuInfo())));
  if (device.kind === 'denied') {
    return withoutProbe(buildNoPermissionReport(options.kvmDevice, readGroupStanding(device)));
  }
  let facts: QemuFacts;
  try {
    facts = await options.qemu();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return withoutProbe(buildUntestedReport('qemu-missing', error.message, error.hint ?? null));
  }
  if (facts.features['kvm'] !== true || facts.features['debug-exit'] !== true) {
    const lack = facts.features['kvm'] === true ? 'has no isa-debug-exit device' : 'was built without KVM';
    return withoutProbe(
      buildUntestedReport('probe-failed', `${facts.qemu} ${lack}`, 'Install a QEMU that has it, or let BOTHY_QEMU name one.'),
    );
  }

  const cache = createJsonCache(options.cacheFolder, 'kvm.json', isKvmFinding);
  const key = [readBootId(), facts.qemu, facts.version, parseCpuInfo(readCpuInfo()).model, device.identity].join(' ');
  const known = options.isFresh ? undefined : cache.find(key);
  if (known !== undefined) return { ...known, report: { ...known.report, durationMs: null } };
  const finding = await probeWithEachCpu(facts.qemu, options);
  // What was refused may be mended at any moment; the others stay as they are until the host boots again.
  if (finding.report.reason !== 'probe-failed') cache.write(key, finding);
  return finding;
}

async function probeWithEachCpu(qemu: string, options: KvmOptions): Promise<KvmFinding> {
  const { environment, cacheFolder: folder, deadlineMs } = options;
  let refused: KvmFinding | undefined;
  for (const cpu of cpus) {
    let result: ProbeResult;
    try {
      result = await runProbe({ qemu, accelerator: 'kvm', cpu, environment, folder, deadlineMs });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return withoutProbe(buildUntestedReport('probe-failed', why, `Make ${folder} writable for you.`));
    }
    const finding = { report: buildProbeReport(options.kvmDevice, result), cpu };
    if (result.outcome !== 'refused') return finding;
    refused ??= finding;
  }
  return refused ?? withoutProbe(buildUntestedReport('probe-failed', 'no CPU to try', null));
}

function withoutProbe(report: KvmReport): KvmFinding {
  return { report, cpu: cpus[0] };
}

function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** By hand: loading zod takes longer than everything else `bothy start` asks of the host. */
function isKvmFinding(value: unknown): value is KvmFinding {
  if (typeof value !== 'object' || value === null) return false;
  const { report, cpu } = value as { report?: Partial<KvmReport> | null; cpu?: unknown };
  return (
    typeof cpu === 'string' &&
    typeof report?.usable === 'boolean' &&
    report.usable === (report.reason === 'ok') &&
    typeof report.message === 'string' &&
    (report.fix === null || typeof report.fix === 'string') &&
    (report.stage === null || typeof report.stage === 'string')
  );
}
