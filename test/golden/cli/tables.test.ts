import { expect, test } from 'vitest';
import type { DoctorReport } from '../../../contract/host.ts';
import type { DiskInfo, MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import { buildDiskTable } from '../../../cli/output/disk-table.ts';
import { buildDoctorText } from '../../../cli/output/doctor-text.ts';
import { buildInfoText } from '../../../cli/output/info-text.ts';
import { buildMachineTable } from '../../../cli/output/machine-table.ts';
import { buildPaint } from '../../../cli/output/style.ts';
import { buildErrorText } from '../../../cli/report-error.ts';

const plain = buildPaint(false, {});
const coloured = buildPaint(true, {});

const running: MachineSummary = {
  id: 'k3v9x0a1b2c3',
  name: 'web',
  state: 'running',
  accelerator: 'tcg',
  memoryMiB: 2048,
  cpus: 2,
  tags: ['work', 'web'],
  throwaway: false,
  template: null,
  createdAt: '2026-01-02T03:04:05.000Z',
};

const machines: readonly MachineSummary[] = [
  running,
  { ...running, id: 'aaaaaaaaaaaa', name: 'a-machine-with-a-long-name', state: 'off', accelerator: null, memoryMiB: 1536, tags: [] },
  {
    ...running,
    ...{ id: 'bbbbbbbbbbbb', name: 'bad\u001b[31mname\u009b\n', state: 'broken' },
    ...{ accelerator: null, memoryMiB: null, cpus: null, tags: [], createdAt: null },
  },
];

const disks: readonly DiskInfo[] = [
  {
    device: 'disk0',
    file: '/home/user/.local/share/bothy/machines/k3v9x0a1b2c3/disks/disk0.qcow2',
    format: 'qcow2',
    virtualSize: 21474836480,
    actualSize: 1288490188,
    backingFile: null,
    problem: null,
  },
  { device: 'disk1', file: '/images/dáta.raw', format: 'raw', virtualSize: null, actualSize: null, backingFile: null, problem: 'it is gone' },
];

const info: MachineInfo = {
  ...running,
  firmware: 'bios',
  pid: 4711,
  startedAt: '2026-01-02T03:05:05.000Z',
  uptimeSeconds: 93_784,
  disks: [...disks],
  networks: [{ mode: 'user', mac: '52:54:00:12:34:56', bootFile: null }],
  ports: [
    { host: 2222, guest: 22, protocol: 'tcp' },
    { host: 5353, guest: 53, protocol: 'udp' },
  ],
  addresses: [],
  display: { type: 'vnc', path: '/run/user/1000/bothy/k3v9x0a1b2c3/vnc.sock' },
  serial: { path: '/run/user/1000/bothy/k3v9x0a1b2c3/serial.sock', log: '/home/user/.local/share/bothy/machines/k3v9x0a1b2c3/logs/serial.log' },
  agent: 'not-answering',
  folder: '/home/user/.local/share/bothy/machines/k3v9x0a1b2c3',
  problems: [{ message: 'The disk is full.', hint: 'Make room, then: bothy resume web' }],
  notice: 'KVM opens but fails: internal error',
  pending: [{ setting: 'memory', now: '2048 MiB', next: '4096 MiB' }],
  definition: null,
};

const report: DoctorReport = {
  checks: [
    { id: 'qemu', title: 'QEMU', status: 'ok', message: 'version 7.2.22', fix: null },
    { id: 'kvm', title: 'KVM', status: 'warning', message: 'you may not open /dev/kvm', fix: 'sudo usermod -aG kvm user' },
    { id: 'qemu-img', title: 'qemu-img', status: 'failed', message: 'not found', fix: 'sudo apt install qemu-utils' },
  ],
  kvm: { usable: false, reason: 'no-permission', message: 'you may not open /dev/kvm', fix: null, durationMs: null, stage: null },
  accelerator: 'tcg',
  qemu: { path: '/usr/bin/qemu-system-x86_64', version: '7.2.22', machineType: 'pc-q35-7.2', features: { sandbox: true, 'virtio-vga': false } },
  qemuImg: null,
  firmware: { bios: true, uefi: '/usr/share/OVMF/OVMF_CODE_4M.fd', uefiSecure: null },
  memory: { totalMiB: 16_000, availableMiB: 8_000 },
  disk: { folder: '/home/user/.local/share/bothy', freeBytes: 123_456_789_012 },
  cpus: 8,
  helpers: { swtpm: null, virtiofsd: '/usr/libexec/virtiofsd' },
};

test('list', async () => {
  await expect(buildMachineTable(machines, plain)).toMatchFileSnapshot('tables/list.txt');
});

test('list in colour', async () => {
  await expect(JSON.stringify(buildMachineTable(machines, coloured).split('\n'), null, 1)).toMatchFileSnapshot('tables/list-colour.txt');
});

test('disks', async () => {
  await expect(buildDiskTable(disks, plain)).toMatchFileSnapshot('tables/disks.txt');
});

test('info', async () => {
  await expect(buildInfoText(info, plain)).toMatchFileSnapshot('tables/info.txt');
});

test('doctor', async () => {
  await expect(buildDoctorText(report, plain)).toMatchFileSnapshot('tables/doctor.txt');
});

test('an error with what the tool said', async () => {
  const error = buildErrorText(
    {
      code: 'qemu-failed',
      message: 'QEMU could not start “we\u001bb”.',
      details: 'qemu-system-x86_64: -foo: invalid option\n',
      hint: 'Change it with: bothy set web arguments=',
    },
    plain,
  );
  await expect(error).toMatchFileSnapshot('tables/error.txt');
});
