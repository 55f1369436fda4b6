import { expect, test } from 'vitest';
import type { DoctorReport } from '../../../contract/host.ts';
import type { CheckResult, Image, ImageInfo } from '../../../contract/image.ts';
import type { DiskInfo, MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import type { DeletePlan, Relations, SnapshotInfo, TimelineInfo } from '../../../contract/snapshot.ts';
import { buildDeletePlanText } from '../../../cli/output/delete-plan.ts';
import { buildDiskTable } from '../../../cli/output/disk-table.ts';
import { buildDoctorText } from '../../../cli/output/doctor-text.ts';
import { buildImageTable } from '../../../cli/output/image-table.ts';
import { buildCheckText, buildCompactText, buildImageText, buildResultText } from '../../../cli/output/image-text.ts';
import { buildInfoText } from '../../../cli/output/info-text.ts';
import { buildMachineTable } from '../../../cli/output/machine-table.ts';
import { measureText } from '../../../cli/output/measure-text.ts';
import { buildSnapshotTree } from '../../../cli/output/snapshot-tree.ts';
import { buildTemplateTable, listTemplateNotes } from '../../../cli/output/template-table.ts';
import { buildPaint } from '../../../cli/output/style.ts';
import type { TemplateInfo } from '../../../contract/template.ts';
import { type WrittenSnapshot, twentySnapshots } from '../../kit/write-timeline-machine.ts';
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

const relations: Relations = { buildsOn: [{ id: 'cccccccccccc', name: 'base' }], dependents: [{ id: 'dddddddddddd', name: 'web2' }] };

/** The times are where the tests are, so that the files hold everywhere. */
const snapshot = ({ id, parent, name, note = '', state, hoursAgo }: WrittenSnapshot, index: number): SnapshotInfo => ({
  ...{ id, parent, name, note, state },
  createdAt: new Date(2026, 0, 31, 12 - hoursAgo).toISOString(),
  diskBytes: (index + 1) * 20_000_000,
  memoryBytes: state === 'off' ? 0 : 120_000_000,
  sizeBytes: (index + 1) * 20_000_000 + (state === 'off' ? 0 : 120_000_000),
  hasThumbnail: state !== 'off',
  isCurrent: id === '19000000',
  clones: index === 2 ? [{ id: 'dddddddddddd', name: 'web2' }] : [],
});

const timeline: TimelineInfo = {
  snapshots: [
    ...twentySnapshots,
    { id: '21000000', parent: '06000000', name: '日本語の名前 ä', note: 'two\nlines \u001b[31m', state: 'off' as const, hoursAgo: 0.2 },
  ].map(snapshot),
  current: '19000000',
  isPresentChanged: true,
  presentBytes: 12_345_678,
  memory: 'saved',
  unfinished: { layers: 0, bytes: 0 },
  problem: null,
};

const plan: DeletePlan = {
  snapshots: [
    { id: '01000000', name: 'one' },
    { id: '02000000', name: 'two\u001b' },
  ],
  removed: [{ file: 'snapshots/01000000', bytes: 120_000_000 }],
  merged: [{ file: 'disks/disk0-02000000.qcow2', into: 'disks/disk0-01000000.qcow2', bytes: 40_000_000 }],
  kept: [{ file: 'disks/disk0.qcow2', bytes: 1_000_000_000, neededBy: 'the clone “web2”' }],
  freedBytes: 130_000_000,
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

const machinesFolder = '/home/user/.local/share/bothy/machines';
const web = { id: 'k3v9x0a1b2c3', name: 'web' };
const image = (file: string, more: Partial<Image>): Image => ({
  ...{ file, format: 'qcow2', virtualSize: 21474836480, actualSize: 1288490188, backingFile: null, machine: web, device: 'disk0' },
  ...{ role: 'snapshot', snapshots: [], usedBy: [web], problem: null },
  ...more,
});
const disk = (name: string): string => `${machinesFolder}/${web.id}/disks/${name}`;
const images: readonly Image[] = [
  image(disk('disk0-b2b2b2b2.qcow2'), { role: 'present', backingFile: disk('disk0-a1a1a1a1.qcow2'), actualSize: 200704 }),
  image(disk('disk0-a1a1a1a1.qcow2'), { snapshots: [{ id: 'a', name: 'clean' }], backingFile: disk('disk0.qcow2') }),
  image(disk('disk0.qcow2'), { role: 'shared', usedBy: [web, { id: 'bbbbbbbbbbbb', name: 'clone' }] }),
  image(disk('disk1.raw'), { role: 'present', device: 'disk1', format: 'raw', virtualSize: null, actualSize: 0, problem: 'it is missing' }),
  image(disk('left\u001b[31m.qcow2'), { role: 'orphan', device: null, usedBy: [] }),
  image('/home/user/.local/share/bothy/kept/old-bbbbbbbbbbbb/disk0.qcow2', { role: 'kept', machine: null, device: null, usedBy: [] }),
];

const imageInfo: ImageInfo = {
  ...(images[0] as Image),
  chain: images.slice(0, 3).map(({ file, format, virtualSize, actualSize, problem }) => ({ file, format, virtualSize, actualSize, problem })),
  dependents: [disk('disk0-c3c3c3c3.qcow2')],
  clusterSize: 65536,
  internalSnapshots: 2,
  isEncrypted: true,
  warning: null,
};

const checked: CheckResult = {
  findings: [
    { file: disk('disk0-b2b2b2b2.qcow2'), format: 'qcow2', status: 'clean', corruptions: 0, leaks: 0, checkErrors: 0, reason: null },
    { file: disk('disk0-a1a1a1a1.qcow2'), format: 'qcow2', status: 'leaks', corruptions: 0, leaks: 3, checkErrors: 0, reason: null },
    { file: disk('disk0.qcow2'), format: 'qcow2', status: 'corrupt', corruptions: 4, leaks: 1, checkErrors: 2, reason: null },
    { file: disk('disk1.raw'), format: null, status: 'unreadable', corruptions: 0, leaks: 0, checkErrors: 0, reason: 'it is missing' },
  ],
  isInUse: false,
  repaired: { corruptions: 4, leaks: 1, original: '/home/user/.local/share/bothy/kept/web-k3v9x0a1b2c3-damaged/disk0.damaged.qcow2' },
};

test('image list', async () => {
  await expect(buildImageTable(images, plain)).toMatchFileSnapshot('tables/image-list.txt');
});

test('image info', async () => {
  await expect(buildImageText(imageInfo, plain)).toMatchFileSnapshot('tables/image-info.txt');
});

test('what is said after work on images', async () => {
  const file = disk('disk0.qcow2');
  const text = [
    buildResultText({ file, format: 'vpc', virtualSize: 21474836480, actualSize: 1288490188, notices: [] }),
    buildCompactText({ file, actualSizeBefore: 3288490188, actualSize: 1288490188, freedBytes: 2000000000 }),
    buildCompactText({ file, actualSizeBefore: 1288490188, actualSize: 1288490188, freedBytes: 0 }),
    buildCheckText(checked, plain),
  ];
  await expect(text.join('')).toMatchFileSnapshot('tables/image-work.txt');
});

test('list', async () => {
  await expect(buildMachineTable(machines, plain)).toMatchFileSnapshot('tables/list.txt');
});

test('list and info where machines are throwaways', async () => {
  const expiresAt = new Date(2026, 0, 2, 3, 35).toISOString();
  const guest = { ...running, name: 'demo-x1', id: 'cccccccccccc', throwaway: true, template: 'demo', tags: [] };
  const rows = [running, guest, { ...guest, id: 'dddddddddddd', name: 'demo-x2', expiresAt }];
  const text = [
    buildMachineTable(rows, plain),
    buildInfoText({ ...info, throwaway: true, expiresAt }, relations, plain).split('\n').slice(0, 5).join('\n'),
  ];
  await expect(text.join('\n')).toMatchFileSnapshot('tables/list-throwaways.txt');
});

test('list in colour', async () => {
  await expect(JSON.stringify(buildMachineTable(machines, coloured).split('\n'), null, 1)).toMatchFileSnapshot('tables/list-colour.txt');
});

test('disks', async () => {
  await expect(buildDiskTable(disks, plain)).toMatchFileSnapshot('tables/disks.txt');
});

test('info', async () => {
  await expect(buildInfoText(info, relations, plain)).toMatchFileSnapshot('tables/info.txt');
});

test('a timeline: each branch beside the straight line to the present', async () => {
  await expect(buildSnapshotTree(timeline, { paint: plain, columns: null, isUnicode: true })).toMatchFileSnapshot(
    'tables/snapshots.txt',
  );
});

test.each([120, 80, 60, 40, 20])('a timeline on a terminal of %i columns', async (columns) => {
  const tree = buildSnapshotTree(timeline, { paint: plain, columns, isUnicode: columns !== 60 });
  for (const line of tree.split('\n')) expect(measureText(line)).toBeLessThanOrEqual(columns);
  await expect(tree).toMatchFileSnapshot(`tables/snapshots-${columns}.txt`);
});

test('a timeline in colour, with several beginnings', async () => {
  const [first, second, ...others] = timeline.snapshots;
  const snapshots = [first, second, ...others.slice(0, 2).map((one) => ({ ...one, parent: null }))].filter((one) => one !== undefined);
  const tree = buildSnapshotTree({ ...timeline, snapshots, current: null }, { paint: coloured, columns: 100, isUnicode: true });
  await expect(JSON.stringify(tree.split('\n'), null, 1)).toMatchFileSnapshot('tables/snapshots-colour.txt');
});

test('what deleting snapshots does', async () => {
  await expect(buildDeletePlanText(plan, plain)).toMatchFileSnapshot('tables/delete-plan.txt');
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

const template: TemplateInfo = {
  ...{ id: 'k3v9x0a1b2c3', name: 'web-base', source: 'web', note: 'nginx, no data\nsecond line', createdAt: '2026-01-02T03:04:05.000Z' },
  ...{ warmth: 'warm', warmedAt: '2026-01-02T03:05:00.000Z', reason: null, needsReadiness: false, readyWhen: 'agent', firmware: 'bios' },
  ...{ memoryMiB: 512, cpus: 2, network: 'user', diskBytes: 700_000_000, memoryBytes: 120_000_000, sizeBytes: 820_000_000 },
  folder: '/home/user/.local/share/bothy/machines/k3v9x0a1b2c3',
  usedBy: [{ id: 'aaaaaaaaaaaa', name: 'web-base-k3v9', throwaway: true }],
  buildsOn: [],
  ...{ keepReady: 0, ready: 0, readyBytes: 0, readyProblem: null },
};

test('the table of templates, and why one went cold', async () => {
  const templates: TemplateInfo[] = [
    template,
    {
      ...template,
      ...{ id: 'bbbbbbbbbbbb', name: 'debian', source: 'debian-12', note: '', warmth: 'went-cold', memoryMiB: 2048, cpus: 1 },
      reason: 'it was frozen with QEMU 7.2.22, and this is QEMU 10.0.2',
      keepReady: 1,
      usedBy: ['a', 'b', 'c'].map((name) => ({ id: name.repeat(12), name, throwaway: false })),
    },
    { ...template, id: 'dddddddddddd', name: 'fedora', note: '', usedBy: [], keepReady: 2, ready: 2, readyBytes: 160_000_000 },
    { ...template, id: 'cccccccccccc', name: 'empty', note: '', warmth: 'cold', usedBy: [], memoryBytes: 0, sizeBytes: 200_000 },
  ];
  const notes = listTemplateNotes(templates).map((note) => `${note}\n`);
  await expect([buildTemplateTable(templates, plain), ...notes].join('')).toMatchFileSnapshot('tables/template-list.txt');
});
