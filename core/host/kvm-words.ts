import type { KvmReport } from '../../contract/host.ts';
import type { GroupStanding, parseCpuInfo } from './kvm-device.ts';
import type { ProbeResult } from './probe-guest.ts';

/** What follows from all of it, so that nobody wonders why machines are slow. */
const consequence = 'so machines run with software emulation (TCG), several times slower';
const logInAgain = 'then log out and in again';

/** The report on a host without the device. */
export function buildNoDeviceReport(device: string, cpu: ReturnType<typeof parseCpuInfo>): KvmReport {
  const modules = { vmx: 'kvm_intel', svm: 'kvm_amd' } as const;
  if (cpu.extension !== null) {
    return buildReport('no-device', `There is no ${device}: the CPU can virtualize, but the kernel’s KVM module is not loaded`, {
      fix: `sudo modprobe ${modules[cpu.extension]} (if that fails, turn on virtualization in the computer’s firmware settings)`,
    });
  }
  if (cpu.isVirtual) {
    return buildReport('no-device', `There is no ${device}: this computer is a virtual machine without nested virtualization`, {
      fix: 'Turn on nested virtualization for it on its host, then here: sudo modprobe -a kvm_intel kvm_amd',
    });
  }
  return buildReport('no-device', `There is no ${device}: the CPU cannot virtualize, or that is turned off`, {
    fix: 'Turn on VT-x or AMD-V (SVM) in the computer’s firmware settings, then: sudo modprobe -a kvm_intel kvm_amd',
  });
}

/** The report on a device that this user may not open. */
export function buildNoPermissionReport(device: string, standing: GroupStanding): KvmReport {
  const { group, user, isListed, isInSession } = standing;
  if (group !== null && isListed && !isInSession) {
    const message = `You are in the group ${group}, which may open ${device}, but you logged in before that was so`;
    return buildReport('no-permission', message, { fix: `Log out and in again, or for one terminal: newgrp ${group}` });
  }
  if (group !== null && !isInSession) {
    const message = `${device} may only be opened by the group ${group}, and the user ${user} is not in it`;
    return buildReport('no-permission', message, { fix: `sudo usermod -aG ${group} $USER, ${logInAgain}` });
  }
  if (process.geteuid?.() === 0 || isInSession) {
    const message = `${device} is there, but a security policy (a container’s, most often) forbids opening it`;
    return buildReport('no-permission', message, { fix: `Pass the device to the container: --device ${device}` });
  }
  const message = `${device} is there, but the user ${user} may not open it`;
  return buildReport('no-permission', message, { fix: `sudo setfacl -m u:$USER:rw ${device} (lasts until the next boot)` });
}

/** The report when there is no QEMU to test KVM with. */
export function buildUntestedReport(reason: 'qemu-missing' | 'probe-failed', why: string, fix: string | null): KvmReport {
  return buildReport(reason, `KVM could not be tested (${why.replace(/\.$/, '')})`, { fix });
}

/** The report on how the probe guest ended. */
export function buildProbeReport(device: string, probe: ProbeResult): KvmReport {
  const more = { durationMs: probe.durationMs, stage: probe.stage };
  const useTcg = 'Nothing needs to be done: `auto` uses software emulation. A newer kernel, or another host, may do better.';
  switch (probe.outcome) {
    case 'passed':
      return { usable: true, reason: 'ok', message: `KVM works: a test guest ran to its end.`, fix: null, ...more };
    case 'internal-error':
      return buildReport(
        'internal-error',
        `${device} opens, but the CPU stopped with an internal error ${describeNext(probe.stage)}`,
        {
          ...more,
          fix: useTcg,
        },
      );
    case 'hung':
      return buildReport(
        'hung',
        `${device} opens, but a test guest did not end in time; it stopped getting on ${describeNext(probe.stage)}`,
        {
          ...more,
          fix: useTcg,
        },
      );
    case 'wrong-result':
      return buildReport('wrong-result', `${device} opens, but a test guest went wrong ${describeNext(probe.stage)}`, {
        ...more,
        fix: useTcg,
      });
    case 'refused':
      return buildReport(
        'probe-failed',
        `${device} opens, but QEMU ended when it used it (it said: ${probe.said || 'nothing'})`,
        {
          ...more,
          fix: 'Check that the KVM modules belong to the running kernel: a reboot after a kernel update often mends it.',
        },
      );
  }
}

/** What the probe guest does after each letter it writes (assets/probe/probe.s). */
const nextSteps: Readonly<Record<string, string>> = {
  A: 'entering protected mode',
  B: 'entering 64-bit mode',
  C: 'at the first floating-point instruction',
  D: 'at the first SSE2 instruction',
  E: 'handling an exception',
  F: 'changing page tables',
  G: 'in a long computation',
  H: 'when it was done',
};

function describeNext(stage: string | null): string {
  return (stage === null ? undefined : nextSteps[stage]) ?? 'before its first instruction';
}

function buildReport(
  reason: Exclude<KvmReport['reason'], 'ok'>,
  message: string,
  more: { fix: string | null; durationMs?: number; stage?: string | null },
): KvmReport {
  return {
    usable: false,
    reason,
    message: `${message}, ${consequence}.`,
    fix: more.fix,
    durationMs: more.durationMs ?? null,
    stage: more.stage ?? null,
  };
}
