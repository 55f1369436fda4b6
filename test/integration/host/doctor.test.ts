import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Check, type DoctorReport, doctorReportSchema, hostFactsSchema } from '../../../contract/host.ts';
import { createHost, type Host } from '../../../core/host/host.ts';
import { findTool } from '../../kit/require-tool.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';

test('tells what is installed, as the programs themselves say', async () => {
  const home = useTestHome({ start: 'untouched' });
  const report = await readReport(buildHost(home));
  expect(report.qemu?.path).toBe(findTool('qemu-system-x86_64'));
  expect(execFileSync('qemu-img', ['--version'], { encoding: 'utf8' })).toContain(`version ${report.qemuImg?.version}`);
  expect(report.disk.folder).toBe(home.folder);
  expect(report.disk.freeBytes).toBeGreaterThan(0);
  expect(report.memory.availableMiB).toBeLessThanOrEqual(report.memory.totalMiB);
  expect(report.accelerator).toBe(report.kvm.usable ? 'kvm' : 'tcg');
  expect(find(report, 'qemu')).toMatchObject({ status: 'ok', fix: null });
  expect(find(report, 'kvm')).toMatchObject({ status: report.kvm.usable ? 'ok' : 'warning', message: report.kvm.message });
  expect(new Set(report.checks.map(({ id }) => id)).size).toBe(report.checks.length);
});

test('a host without QEMU has a full report, not an error', async () => {
  const home = useTestHome({ start: 'untouched' });
  const report = await readReport(buildHost(home, { PATH: home.scratch }));
  expect(report).toMatchObject({ qemu: null, qemuImg: null, accelerator: 'tcg' });
  for (const id of ['qemu', 'qemu-img'])
    expect(find(report, id)).toMatchObject({ status: 'failed', fix: expect.stringMatching(/nstall/) });
});

test('a missing qemu-img is not mistaken for a missing QEMU', async () => {
  const home = useTestHome({ start: 'untouched' });
  const qemu = findTool('qemu-system-x86_64') ?? '';
  symlinkSync(qemu, join(home.scratch, 'qemu-system-x86_64'));
  const report = await readReport(buildHost(home, { PATH: home.scratch }));
  expect(find(report, 'qemu').status).toBe('ok');
  expect(find(report, 'qemu-img').status).toBe('failed');
});

test('the facts for the New machine dialog agree with the report', async () => {
  const home = useTestHome({ start: 'untouched' });
  const host = buildHost(home);
  const [facts, report] = [hostFactsSchema.parse(await host.facts()), await readReport(host)];
  expect(facts).toMatchObject({ totalMemoryMiB: report.memory.totalMiB, cpus: report.cpus, accelerator: report.accelerator });
  expect(facts.notice).toBe(report.kvm.usable ? null : report.kvm.message);
  expect(facts.uefi).toBe(report.firmware.uefi !== null);
  expect(facts.home).toBe(home.environment['HOME']);
});

test('a data folder that is not there yet is judged by the disk it will be on', async () => {
  const home = useTestHome({ start: 'untouched' });
  const dataFolder = join(home.folder, 'not', 'yet');
  const options = { environment: home.environment, kvmDevice: join(home.scratch, 'kvm'), cacheFolder: home.folder, dataFolder };
  expect((await readReport(createHost(options))).disk).toMatchObject({ folder: dataFolder, freeBytes: expect.any(Number) });
});

function buildHost(home: TestHome, variables: Record<string, string> = {}): Host {
  const cacheFolder = join(home.folder, 'cache');
  mkdirSync(cacheFolder);
  return createHost({
    environment: { ...home.environment, ...variables },
    kvmDevice: '/dev/kvm',
    cacheFolder,
    dataFolder: home.folder,
  });
}

async function readReport(host: Host): Promise<DoctorReport> {
  return doctorReportSchema.parse(await host.doctor());
}

function find(report: DoctorReport, id: string): Check {
  const check = report.checks.find((each) => each.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  return check;
}
