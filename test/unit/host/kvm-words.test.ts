import { expect, test } from 'vitest';
import { kvmReportSchema } from '../../../contract/host.ts';
import type { GroupStanding } from '../../../core/host/kvm-device.ts';
import {
  buildNoDeviceReport,
  buildNoPermissionReport,
  buildProbeReport,
  buildUntestedReport,
} from '../../../core/host/kvm-words.ts';
import type { ProbeResult } from '../../../core/host/probe-guest.ts';

const device = '/dev/kvm';
const consequence = 'so machines run with software emulation (TCG), several times slower.';

test('an internal error is told with the instruction it happened at', () => {
  expect(buildProbeReport(device, probe('internal-error', 'C')).message).toBe(
    `/dev/kvm opens, but the CPU stopped with an internal error at the first floating-point instruction, ${consequence}`,
  );
});

test('every outcome is one sentence with a way out', () => {
  for (const outcome of ['internal-error', 'hung', 'wrong-result', 'refused'] as const) {
    for (const stage of [null, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']) {
      const report = kvmReportSchema.parse(buildProbeReport(device, probe(outcome, stage)));
      expect(report.message).toMatch(/^\/dev\/kvm opens, but [^.]* \(TCG\), several times slower\.$/s);
      expect(report).toMatchObject({ usable: false, stage, fix: expect.any(String) });
    }
  }
  expect(buildProbeReport(device, probe('passed', 'H'))).toMatchObject({ usable: true, reason: 'ok', fix: null });
});

test.each([
  [{ model: '', extension: 'vmx', isVirtual: false }, 'kvm_intel'],
  [{ model: '', extension: 'svm', isVirtual: true }, 'kvm_amd'],
  [{ model: '', extension: null, isVirtual: true }, 'nested virtualization'],
  [{ model: '', extension: null, isVirtual: false }, 'VT-x or AMD-V'],
] as const)('no device, CPU %j: %s', (cpu, fix) => {
  const report = kvmReportSchema.parse(buildNoDeviceReport(device, cpu));
  expect(report).toMatchObject({ reason: 'no-device', message: expect.stringContaining(consequence) });
  expect(report.fix).toContain(fix);
});

test.each<[Partial<GroupStanding>, string]>([
  [{ group: 'kvm' }, 'sudo usermod -aG kvm $USER, then log out and in again'],
  [{ group: 'kvm', isListed: true }, 'Log out and in again, or for one terminal: newgrp kvm'],
  [{ group: 'kvm', isListed: true, isInSession: true }, 'Pass the device to the container: --device /dev/kvm'],
])('no permission, %j: %s', (standing, fix) => {
  const report = buildNoPermissionReport(device, { group: null, user: 'ann', isListed: false, isInSession: false, ...standing });
  expect(kvmReportSchema.parse(report)).toMatchObject({
    reason: 'no-permission',
    fix,
    message: expect.stringContaining(consequence),
  });
});

test('a reason that ends a sentence fits into ours', () => {
  expect(buildUntestedReport('qemu-missing', 'QEMU is not installed.', null).message).toBe(
    `KVM could not be tested (QEMU is not installed), ${consequence}`,
  );
});

function probe(outcome: ProbeResult['outcome'], stage: string | null): ProbeResult {
  return { outcome, stage, durationMs: 40, said: outcome === 'refused' ? 'no' : '' };
}
