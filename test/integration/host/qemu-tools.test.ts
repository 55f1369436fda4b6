import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { errorToData } from '../../../contract/app-error.ts';
import { createHost, type Host } from '../../../core/host/host.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync('/tmp/bothy-');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('tells the version, machine type and features of the installed QEMU', async () => {
  const tools = await buildHost().tools();
  const spoken = execFileSync(tools.qemu, ['--version'], { encoding: 'utf8' });
  expect(spoken).toContain(`version ${tools.version}`);
  expect(tools.version).toMatch(new RegExp(`^${tools.versionParts.major}\\.${tools.versionParts.minor}\\.`));
  expect(tools.qemuImg).toMatch(/^\/.*qemu-img/);
  expect(execFileSync(tools.qemu, ['-machine', 'help'], { encoding: 'utf8' })).toContain(`(alias of ${tools.machineType})`);
  expect(tools.features).toMatchObject({
    tcg: true,
    sandbox: true,
    'user-network': true,
    'debug-exit': true,
    'virtio-vga': true,
  });
});

test('the second look starts no process, and a changed program is asked again', async () => {
  const log = join(home, 'calls');
  const qemu = writeLoggingQemu(log);
  const countCalls = (): number => readFileSync(log, 'utf8').trim().split('\n').length;
  const first = await buildHost({ BOTHY_QEMU: qemu }).tools();
  const calls = countCalls();
  expect(await buildHost({ BOTHY_QEMU: qemu }).tools()).toEqual(first);
  expect(countCalls()).toBe(calls);
  utimesSync(qemu, new Date(), new Date(1_000_000));
  await buildHost({ BOTHY_QEMU: qemu }).tools();
  expect(countCalls()).toBe(2 * calls);
  expect(readdirSync(join(home, 'cache'))).toEqual(['qemu.json']);
});

test('a spoilt cache is as good as none', async () => {
  const first = await buildHost().tools();
  const cacheFile = join(home, 'cache', 'qemu.json');
  const good = readFileSync(cacheFile, 'utf8');
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"bothyVersion":"0.1.0","entries":[null,{"key":1}]}',
    good.replace(/"machineType":"[^"]*"/, '"machineType":5'),
  ]) {
    writeFileSync(cacheFile, text);
    expect(await buildHost().tools()).toEqual(first);
    expect(readFileSync(cacheFile, 'utf8')).toBe(good);
  }
});

test('without QEMU the error names the command that installs it', async () => {
  const error = await buildHost({ PATH: home })
    .tools()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'qemu-missing', message: expect.stringContaining('qemu-system-x86_64') });
  expect(error).toHaveProperty('hint', expect.stringMatching(/nstall/));
});

test('a BOTHY_QEMU that is no program is named', async () => {
  expect(await buildHost({ BOTHY_QEMU: '/etc/passwd' }).tools().catch(errorToData)).toMatchObject({
    code: 'qemu-missing',
    message: expect.stringMatching(/BOTHY_QEMU/),
  });
  expect(await buildHost({ BOTHY_QEMU: 'qemu' }).tools().catch(errorToData)).toMatchObject({
    code: 'qemu-missing',
    message: expect.stringMatching(/BOTHY_QEMU/),
  });
  expect(await buildHost({ BOTHY_QEMU_IMG: home }).tools().catch(errorToData)).toMatchObject({
    code: 'qemu-missing',
    message: expect.stringMatching(/BOTHY_QEMU_IMG/),
  });
});

test('a QEMU that is too old says what is needed', async () => {
  const qemu = writeProgram('echo "QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6.22)"');
  expect(await buildHost({ BOTHY_QEMU: qemu }).tools().catch(errorToData)).toMatchObject({
    code: 'qemu-too-old',
    message: expect.stringMatching(/6\.2\.0.*7\.2/),
  });
});

test('a program that is not QEMU, or fails, is no QEMU', async () => {
  expect(
    await buildHost({ BOTHY_QEMU: writeProgram('echo hello') })
      .tools()
      .catch(errorToData),
  ).toMatchObject({ code: 'tool-failed' });
  expect(
    await buildHost({ BOTHY_QEMU: writeProgram('exit 1') })
      .tools()
      .catch(errorToData),
  ).toMatchObject({ code: 'tool-failed' });
});

function buildHost(variables: Record<string, string> = {}): Host {
  return createHost({
    environment: { PATH: process.env['PATH'], ...variables },
    kvmDevice: '/dev/kvm',
    cacheFolder: join(home, 'cache'),
    dataFolder: home,
  });
}

function writeLoggingQemu(log: string): string {
  return writeProgram(`echo call >> '${log}'; exec qemu-system-x86_64 "$@"`);
}

function writeProgram(script: string): string {
  const path = join(home, 'qemu');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
