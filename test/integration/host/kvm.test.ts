import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type KvmReport, kvmReportSchema } from '../../../contract/host.ts';
import { createHost, type Host } from '../../../core/host/host.ts';
import { readKvmFinding } from '../../../core/host/kvm.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';

/** A device that opens for everybody, for tests whose QEMU never gets to the real one. */
const openDevice = '/dev/null';

test('where KVM works it is used', async () => {
  const host = buildHost(useTestHome({ start: 'untouched' }), { qemu: 'kvm-works', kvmDevice: openDevice });
  expect(await readReport(host)).toMatchObject({ usable: true, reason: 'ok', fix: null, stage: 'H' });
  expect(await host.kvmCpu()).toBe('host');
});

test('where /dev/kvm opens on this host, the judgement is that of the real QEMU', async (context) => {
  context.skip(!canOpenKvm(), 'this host has no /dev/kvm that opens');
  const report = await readReport(buildHost(useTestHome({ start: 'untouched' }), { kvmDevice: '/dev/kvm' }));
  if (report.usable) return expect(report).toMatchObject({ reason: 'ok', stage: 'H' });
  expect(['internal-error', 'hung', 'wrong-result']).toContain(report.reason);
  expect(report.message).toMatch(/^\/dev\/kvm opens, but .* so machines run with software emulation \(TCG\)/);
  expect(report.fix).not.toBeNull();
});

test('without the device the report says how to get it', async () => {
  const home = useTestHome({ start: 'untouched' });
  const report = await readReport(buildHost(home, { kvmDevice: join(home.scratch, 'kvm') }));
  expect(report).toMatchObject({ reason: 'no-device', durationMs: null, stage: null });
  expect(report.message).toContain(join(home.scratch, 'kvm'));
  expect(report.fix).toMatch(/modprobe/);
});

test('a file that is no device is no device', async () => {
  const home = useTestHome({ start: 'untouched' });
  const path = join(home.scratch, 'kvm');
  writeFileSync(path, '');
  expect(await readReport(buildHost(home, { kvmDevice: path }))).toMatchObject({ reason: 'no-device' });
});

test('a device this user may not open is told with what gives the right', async () => {
  const home = useTestHome({ start: 'untouched' });
  const path = join(home.scratch, 'kvm');
  writeFileSync(path, '');
  chmodSync(path, 0);
  const report = await asOrdinaryUser(home, () => readReport(buildHost(home, { kvmDevice: path })));
  expect(report).toMatchObject({ reason: 'no-permission', durationMs: null });
  expect(report.fix).toContain('setfacl');
});

test('a device of a group names the group to join', async (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can give a file to another group');
  const home = useTestHome({ start: 'untouched' });
  const path = join(home.scratch, 'kvm');
  writeFileSync(path, '');
  execFileSync('chgrp', ['daemon', path]);
  chmodSync(path, 0o660);
  const report = await asOrdinaryUser(home, () => readReport(buildHost(home, { kvmDevice: path })));
  expect(report).toMatchObject({
    reason: 'no-permission',
    message: expect.stringContaining('only be opened by the group daemon'),
  });
  expect(report.fix).toContain('sudo usermod -aG daemon $USER');
});

test('no permission and no device are looked at anew each time', async () => {
  const home = useTestHome({ start: 'untouched' });
  const host = buildHost(home, { kvmDevice: join(home.scratch, 'kvm') });
  await host.kvm();
  expect(readdirSync(home.folder)).not.toContain('cache');
});

test.each([
  ['kvm-wrong', 'wrong-result', 'G', 1],
  ['kvm-hangs', 'hung', null, 1],
  ['kvm-refuses', 'probe-failed', null, 0],
  ['kvm-is-killed', 'probe-failed', 'G', 0],
] as const)('%s is reported as %s', async (fake, reason, stage, cached) => {
  const home = useTestHome({ start: 'untouched' });
  const host = buildHost(home, { qemu: fake, kvmDevice: openDevice });
  const options = {
    environment: buildEnvironment(home, fake),
    kvmDevice: openDevice,
    cacheFolder: cacheOf(home),
    qemu: host.tools,
  };
  const { report } = await readKvmFinding({ ...options, isFresh: false, deadlineMs: 500 });
  expect(report).toMatchObject({ usable: false, reason, stage });
  expect(report.message).toMatch(/so machines run with software emulation \(TCG\), several times slower\.$/);
  expect(existsSync(join(cacheOf(home), 'kvm.json')) ? 1 : 0).toBe(cached);
});

test('without QEMU, KVM is not usable and the fix is to install it', async () => {
  const home = useTestHome({ start: 'untouched' });
  const options = { kvmDevice: openDevice, cacheFolder: cacheOf(home), dataFolder: home.folder };
  const report = await readReport(createHost({ ...options, environment: { ...home.environment, PATH: home.scratch } }));
  expect(report).toMatchObject({ reason: 'qemu-missing', fix: expect.stringMatching(/nstall/) });
});

test('the second look runs no guest; a fresh one does, and so does a spoilt cache', async () => {
  const home = useTestHome({ start: 'untouched' });
  const host = buildHost(home, { qemu: 'kvm-works', kvmDevice: openDevice });
  const first = await host.kvm();
  expect(first.durationMs).toBeGreaterThan(0);
  expect(await host.kvm()).toEqual({ ...first, durationMs: null });
  expect((await host.kvm({ fresh: true })).durationMs).toBeGreaterThan(0);
  const cacheFile = join(cacheOf(home), 'kvm.json');
  writeFileSync(cacheFile, readFileSync(cacheFile, 'utf8').replace('"usable":true', '"usable":"yes"'));
  expect((await host.kvm()).durationMs).toBeGreaterThan(0);
});

test('several faces may ask at the same time', async () => {
  const home = useTestHome({ start: 'untouched' });
  const hosts = Array.from({ length: 4 }, () => buildHost(home, { qemu: 'kvm-works', kvmDevice: openDevice }));
  const reports = await Promise.all(hosts.map((host) => host.kvm()));
  expect(reports.map(({ reason }) => reason)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(readdirSync(cacheOf(home)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

function buildHost(home: TestHome, { qemu, kvmDevice }: { qemu?: string; kvmDevice: string }): Host {
  const environment = buildEnvironment(home, qemu);
  return createHost({ environment, kvmDevice, cacheFolder: cacheOf(home), dataFolder: home.folder });
}

function buildEnvironment(home: TestHome, qemu: string | undefined): TestHome['environment'] {
  if (qemu === undefined) return home.environment;
  return { ...home.environment, BOTHY_QEMU: join(import.meta.dirname, '../../fixtures/bin', qemu, 'qemu-system-x86_64') };
}

function cacheOf(home: TestHome): string {
  return join(home.folder, 'cache');
}

async function readReport(host: Host): Promise<KvmReport> {
  return kvmReportSchema.parse(await host.kvm());
}

function canOpenKvm(): boolean {
  try {
    closeSync(openSync('/dev/kvm', 'r+'));
    return true;
  } catch {
    return false;
  }
}

/** Root may open anything, so root puts on another user for the time of the question. */
async function asOrdinaryUser<T>(home: TestHome, ask: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return ask();
  const nobody = 65534;
  // The user must get to the device's folder to be refused by the device and not by the folder.
  for (const folder of [join(home.scratch, '..'), home.scratch]) chmodSync(folder, statSync(folder).mode | 0o055);
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return await ask();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
