import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ProbeOptions, runProbe } from '../../../core/host/probe-guest.ts';
import { findTool } from '../../kit/require-tool.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';

test('a CPU that executes everything passes', async () => {
  const home = useTestHome({ start: 'untouched' });
  const result = await runProbe(buildOptions(home, {}));
  expect(result).toMatchObject({ outcome: 'passed', stage: 'H' });
  expect(readdirSync(home.folder)).toEqual([expect.stringMatching(/^probe-[0-9a-f]{12}\.bin$/)]);
});

test('it passes on every kind of x86 machine QEMU has a CPU for', async () => {
  const home = useTestHome({ start: 'untouched' });
  for (const cpu of ['qemu64', 'Skylake-Server', 'EPYC'])
    expect(await runProbe(buildOptions(home, { cpu })), cpu).toMatchObject({ outcome: 'passed' });
});

test('several at once do not disturb each other, also over a spoilt image', async () => {
  const home = useTestHome({ start: 'untouched' });
  await runProbe(buildOptions(home, {}));
  for (const name of readdirSync(home.folder)) writeFileSync(join(home.folder, name), 'half');
  const results = await Promise.all(Array.from({ length: 4 }, () => runProbe(buildOptions(home, {}))));
  expect(results.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed']);
});

test('a CPU without 64-bit mode does not pass, and the stage tells where it ended', async () => {
  const result = await runProbe(buildOptions(useTestHome({ start: 'untouched' }), { cpu: 'qemu32', deadlineMs: 2000 }));
  expect(result.outcome).not.toBe('passed');
  expect(result.stage).toBe('B');
});

test('a guest that never ends is ended with everything it started', async () => {
  const result = await runProbe(
    buildOptions(useTestHome({ start: 'untouched' }), { qemu: fake('kvm-hangs'), accelerator: 'kvm', deadlineMs: 300 }),
  );
  expect(result).toMatchObject({ outcome: 'hung', stage: null });
});

test('a wrong result is told with its stage', async () => {
  const result = await runProbe(
    buildOptions(useTestHome({ start: 'untouched' }), { qemu: fake('kvm-wrong'), accelerator: 'kvm' }),
  );
  expect(result).toMatchObject({ outcome: 'wrong-result', stage: 'G' });
});

test('a QEMU that refuses is quoted', async () => {
  const result = await runProbe(
    buildOptions(useTestHome({ start: 'untouched' }), { qemu: fake('kvm-refuses'), accelerator: 'kvm' }),
  );
  expect(result).toMatchObject({ outcome: 'refused', stage: null, said: expect.stringContaining('Input/output error') });
});

test('a QEMU that is killed from outside says nothing about the CPU', async () => {
  const result = await runProbe(
    buildOptions(useTestHome({ start: 'untouched' }), { qemu: fake('kvm-is-killed'), accelerator: 'kvm' }),
  );
  expect(result).toMatchObject({ outcome: 'refused', stage: 'G' });
});

function buildOptions(home: TestHome, more: Partial<ProbeOptions>): ProbeOptions {
  const qemu = findTool('qemu-system-x86_64') ?? 'qemu-system-x86_64';
  return { qemu, accelerator: 'tcg', cpu: 'max', environment: home.environment, folder: home.folder, ...more };
}

function fake(name: string): string {
  return join(import.meta.dirname, '../../fixtures/bin', name, 'qemu-system-x86_64');
}
