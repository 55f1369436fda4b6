import { expect, test } from 'vitest';
import { type Check, checkSchema } from '../../../contract/host.ts';
import { buildChecks, type Findings } from '../../../core/host/doctor-checks.ts';

const gibibyte = 1024 ** 3;

test('a host with everything has nothing to mend', () => {
  const checks = buildChecks(good);
  expect(checks.map(({ status }) => status)).toEqual(checks.map(() => 'ok'));
  for (const check of checks) {
    expect(checkSchema.parse(check)).toEqual(check);
    expect(check.fix).toBeNull();
    expect(check.message).toMatch(/\.$|\/[^ ]+$/);
  }
});

test.each<[string, Partial<Findings>, Partial<Check>]>([
  ['a QEMU without a sandbox', { qemu: withFeatures({ sandbox: false }) }, { id: 'qemu-features-sandbox', status: 'warning' }],
  [
    'a QEMU without a screen',
    { qemu: withFeatures({ 'virtio-vga': false }) },
    { id: 'qemu-features-virtio-vga', status: 'failed' },
  ],
  [
    'a QEMU that is too old',
    { qemu: null, qemuProblem: { message: 'It is too old.', hint: 'Install another.' } },
    { id: 'qemu', status: 'failed', message: 'It is too old.', fix: 'Install another.' },
  ],
  [
    'no qemu-img',
    { qemuImg: null, qemuImgProblem: { message: 'None.', hint: undefined } },
    { id: 'qemu-img', status: 'failed', fix: null },
  ],
  [
    'no UEFI',
    { firmware: { bios: true, uefi: null, uefiSecure: null } },
    { id: 'firmware-uefi', status: 'warning', fix: 'sudo apt-get install ovmf' },
  ],
  ['no BIOS', { firmware: { bios: false, uefi: '/u', uefiSecure: '/s' } }, { id: 'firmware-bios', status: 'failed' }],
  [
    'little memory',
    { memory: { totalMiB: 2048, availableMiB: 300 } },
    { id: 'memory', status: 'warning', message: '300 of 2048 MiB are available.' },
  ],
  [
    'little room',
    { disk: { folder: '/d', freeBytes: 2 * gibibyte } },
    { id: 'disk', status: 'warning', message: '2.0 GiB are free in /d.' },
  ],
  ['no room', { disk: { folder: '/d', freeBytes: 1 } }, { id: 'disk', status: 'failed' }],
  [
    'no device',
    { device: { kind: 'absent' } },
    { id: 'kvm-access', status: 'ok', message: 'There is no /dev/kvm, so nobody needs a right to it.' },
  ],
  [
    'a device that is closed to the user',
    { device: { kind: 'denied', groupId: 104, mode: 0o660 } },
    { id: 'kvm-access', status: 'warning', message: 'The user ann may not open /dev/kvm.' },
  ],
  [
    'an optional program that is not there',
    { helpers: { swtpm: null } },
    {
      id: 'helper-swtpm',
      status: 'ok',
      message: 'Not installed; without it, there are no TPMs for machines.',
      fix: 'sudo apt-get install swtpm',
    },
  ],
])('%s', (_, change, expected) => {
  const check = buildChecks({ ...good, ...change }).find(({ id }) => id === expected.id);
  expect(check).toMatchObject(expected);
});

const good: Findings = {
  kvm: { usable: true, reason: 'ok', message: 'KVM works: a test guest ran to its end.', fix: null, durationMs: 40, stage: 'H' },
  accelerator: 'kvm',
  qemu: withFeatures({}),
  qemuImg: { path: '/usr/bin/qemu-img', version: '7.2.22' },
  firmware: { bios: true, uefi: '/usr/share/OVMF/OVMF_CODE_4M.fd', uefiSecure: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd' },
  memory: { totalMiB: 16_000, availableMiB: 8_000 },
  disk: { folder: '/home/user/.local/share/bothy', freeBytes: 100 * gibibyte },
  cpus: 8,
  helpers: Object.fromEntries(['swtpm', 'virtiofsd', 'passt', 'ssh', 'xorriso'].map((name) => [name, `/usr/bin/${name}`])),
  qemuProblem: null,
  qemuImgProblem: null,
  device: { kind: 'open', identity: '', groupId: 104, mode: 0o660 },
  kvmDevice: '/dev/kvm',
  standing: { group: 'kvm', user: 'ann', isListed: true, isInSession: true },
  osRelease: 'ID=debian\n',
};

function withFeatures(change: Record<string, boolean>): NonNullable<Findings['qemu']> {
  const features = { sandbox: true, 'user-network': true, 'virtio-vga': true, 'usb-tablet': true, ...change };
  return { path: '/usr/bin/qemu-system-x86_64', version: '7.2.22', machineType: 'pc-q35-7.2', features };
}
