import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MachineSummary } from '../../../contract/machine.ts';
import { qemuImg } from '../../kit/disk-images.ts';
import { editDefinition, layerDisk, qemuIo } from '../../kit/layers.ts';
import { findProcesses } from '../../kit/processes.ts';
import { requireOrSkip } from '../../kit/require-tool.ts';
import { runBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const mib = 1024 ** 2;

/** Kills a command at some moment of its work, as late as the round says, and tells whether it was still at work. */
async function killWithin(home: ReturnType<typeof useTestHome>, args: readonly string[], round: number): Promise<boolean> {
  const child = spawnBothy(home, args);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const workshop = () => readdirSync(join(home.folder, 'machines')).some((name) => name.startsWith('.imaging-'));
  await waitUntil('the work to begin', () => child.exitCode !== null || workshop(), { intervalMs: 2 });
  await Promise.race([ended, delay(round * 35)]);
  const wasAtWork = child.exitCode === null;
  child.kill('SIGKILL');
  await ended;
  return wasAtWork;
}

describe('a command that is killed leaves a machine with whole disks and nothing besides:', () => {
  test('compacting', async () => {
    const home = useTestHome();
    const { id } = (await runBothyJson(home, ['create', 'web', '--disk', '256M', '--accelerator', 'tcg'])) as MachineSummary;
    const { first, present } = layerDisk(home.folder, id);
    qemuIo(first, 'qcow2', 'write -P 5 0 200M', 'write -P 0 64M 64M');
    qemuIo(present, 'qcow2', 'write -P 6 8M 8M');
    const original = join(home.scratch, 'original.raw');
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', present, original);
    const fat = join(home.scratch, 'fat.qcow2');
    copyFileSync(first, fat);
    let killed = 0;
    for (let round = 0; round < 8; round += 1) {
      copyFileSync(fat, first);
      if (await killWithin(home, ['image', 'compact', first], round)) killed += 1;
      await runBothyJson(home, ['list']);
      expect(readdirSync(join(home.folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
      // Its tool was ended too: nothing holds the disk any more.
      expect(findProcesses(home.scratch.replace(/scratch$/, ''))).toEqual([]);
      expect(readdirSync(join(home.folder, 'machines', id, 'disks'))).toHaveLength(3);
      expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', original, present)).toContain('identical');
    }
    expect(killed).toBeGreaterThan(0);
  });

  test('converting a raw disk in its place', async () => {
    const home = useTestHome();
    const { id } = (await runBothyJson(home, ['create', 'web', '--disk', '128M', '--accelerator', 'tcg'])) as MachineSummary;
    const disks = join(home.folder, 'machines', id, 'disks');
    const original = join(home.scratch, 'original.raw');
    execFileSync('dd', ['if=/dev/urandom', `of=${original}`, 'bs=1M', 'count=128', 'status=none']);
    const counts = { raw: 0, qcow2: 0 };
    for (let round = 0; round < 8; round += 1) {
      for (const name of readdirSync(disks)) rmSync(join(disks, name));
      copyFileSync(original, join(disks, 'disk0.raw'));
      editDefinition(home.folder, id, ({ disks: [disk] }) => ({
        disks: disk === undefined ? [] : [{ ...disk, file: 'disks/disk0.raw', format: 'raw' as const }],
      }));
      await killWithin(home, ['image', 'convert', 'web:disk0'], round);
      await runBothyJson(home, ['list']);
      const [disk] = (await runBothyJson(home, ['disks', 'web'])) as { file: string; format: 'raw' | 'qcow2' }[];
      if (disk === undefined) throw new Error('the machine has lost its disk');
      counts[disk.format] += 1;
      expect(readdirSync(disks).map((name) => join(disks, name))).toEqual([disk.file]);
      expect(qemuImg('compare', '-f', 'raw', '-F', disk.format, original, disk.file)).toContain('identical');
      expect(readdirSync(join(home.folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
    }
    expect(counts.raw).toBeGreaterThan(0);
  });
});

test('a copy that is killed lets go of the disk at once', async () => {
  const home = useTestHome();
  const { id } = (await runBothyJson(home, ['create', 'web', '--disk', '1G', '--accelerator', 'tcg'])) as MachineSummary;
  qemuIo(join(home.folder, 'machines', id, 'disks/disk0.qcow2'), 'qcow2', 'write -P 5 0 600M');
  const child = spawnBothy(home, ['image', 'convert', 'web:disk0', join(home.scratch, 'copy.qcow2'), '--compress']);
  const tools = () => findProcesses(home.scratch).filter(({ commandLine }) => commandLine.includes('qemu-img'));
  await waitUntil('the tool to begin', () => tools().length > 0, { intervalMs: 5 });
  child.kill('SIGKILL');
  await waitUntil('the tool to be gone', () => tools().length === 0, { timeoutMs: 2000 });
  await runBothyJson(home, ['start', 'web']);
  await runBothyJson(home, ['kill', 'web']);
});

test('a home without room is told before anything is done', async (context) => {
  requireOrSkip(context, process.getuid?.() === 0, 'a small file system is mounted for this, which takes root');
  const home = useTestHome();
  const small = join(home.scratch, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'bothy-test', small]);
  onTestFinished(() => void execFileSync('umount', ['-l', small]));
  const { core, machine } = useCore({ BOTHY_HOME: small }, home);
  const { id } = await machine.create({ name: 'web', ...tinyMachine, diskSize: 40 * mib }, {});
  const disk = join(small, 'machines', id, 'disks/disk0.qcow2');
  qemuIo(disk, 'qcow2', 'write -P 5 0 32M', 'write -P 0 8M 8M');
  const { image } = core.handlers;
  for (const work of [
    () => image.compact({ image: 'web:disk0' }, {}),
    () => image.resize({ image: 'web:disk0', size: 400 * mib, preallocate: true }, {}),
    () => image.convert({ image: 'web:disk0', to: join(small, 'copy.raw') }, {}),
  ]) {
    const failure = await getFailure(work());
    // The folder is said, since what is full may not be where one thinks.
    expect(failure).toMatchObject({
      code: 'not-enough-space',
      message: expect.stringContaining(small),
      hint: expect.any(String),
    });
  }
  await image.convert({ image: 'web:disk0', to: join(home.scratch, 'copy.raw') }, {});
  expect(readdirSync(join(small, 'machines')).toSorted()).toEqual(['.lock-key', id]);
  // A raw disk that cannot become qcow2 stays what it is.
  const raw = join(small, 'machines', id, 'disks/disk0.raw');
  rmSync(disk);
  renameSync(join(home.scratch, 'copy.raw'), join(home.scratch, 'x.raw'));
  copyFileSync(join(home.scratch, 'x.raw'), raw);
  editDefinition(small, id, ({ disks: [one] }) => ({
    disks: one === undefined ? [] : [{ ...one, file: 'disks/disk0.raw', format: 'raw' as const }],
  }));
  expect(await getFailure(image.convert({ image: 'web:disk0' }, {}))).toMatchObject({ code: 'not-enough-space' });
  expect(existsSync(raw)).toBe(true);
  expect(await machine.disks({ machine: 'web' }, {})).toMatchObject([{ format: 'raw', problem: null }]);
  expect((await runBothy(home, ['image', 'list'], { environment: { BOTHY_HOME: small } })).exitCode).toBe(0);
});
