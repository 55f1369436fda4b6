import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashFolder } from '../../kit/hash-folder.ts';
import { runBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { createRandom } from '../../rounds/random.ts';

const tiny = ['--memory', '32M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];

/** A machine whose disk holds 64 MiB, so that packing it takes a moment. */
async function makeMachine(home: TestHome): Promise<string> {
  const { id } = (await runBothyJson(home, ['create', 'web', ...tiny, '--disk', '128M'])) as { id: string };
  const disk = join(home.folder, 'machines', id, 'disks/disk0.qcow2');
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 64M', disk], { stdio: 'pipe' });
  return id;
}

/** Starts a command and kills it once `begun` tells so many bytes. Gives whether it was quicker. */
async function killAt(home: TestHome, args: readonly string[], bytes: number, begun: () => number): Promise<boolean> {
  const child = spawnBothy(home, args);
  const ended = once(child, 'close');
  await waitUntil('the work to be so far', () => child.exitCode !== null || begun() >= bytes, {
    intervalMs: 1,
    timeoutMs: 60_000,
  });
  child.kill('SIGKILL');
  await ended;
  return child.exitCode === 0;
}

function sizeOf(path: string | undefined): number {
  return path === undefined ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}

test('an export that is killed leaves nothing that looks whole, and the next one nothing at all', async () => {
  const home = useTestHome();
  const random = createRandom(Date.now());
  const id = await makeMachine(home);
  for (const format of ['bothy', 'ova', 'qcow2']) {
    const file = join(home.scratch, `web.${format}`);
    for (let round = 0; round < 4; round += 1) {
      const temporary = () => readdirSync(home.scratch).find((name) => name.startsWith('.bothy-export-'));
      const written = () => {
        const name = temporary();
        return sizeOf(name === undefined ? undefined : join(home.scratch, name));
      };
      const isDone = await killAt(home, ['export', 'web', file], random.below(format === 'ova' ? 30_000 : 40_000_000), written);
      expect(existsSync(file)).toBe(isDone);
      rmSync(file, { force: true });
      expect(await runBothyJson(home, ['list'])).toMatchObject([{ name: 'web', state: 'off' }]);
    }
    const { exitCode, stderr } = await runBothy(home, ['export', 'web', file]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(readdirSync(home.scratch).filter((name) => name.startsWith('.bothy-export-'))).toEqual([]);
  }
  expect(readdirSync(join(home.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([id]);
});

test('an import that is killed is no machine, and is gone at the next look', async () => {
  const home = useTestHome();
  const random = createRandom(Date.now());
  await makeMachine(home);
  const file = join(home.scratch, 'web.bothy');
  const ova = join(home.scratch, 'web.ova');
  await runBothyJson(home, ['export', 'web', file]);
  await runBothyJson(home, ['export', 'web', ova]);
  const machines = join(home.folder, 'machines');
  const before = hashFolder(machines);
  for (const source of [file, ova, file, ova, file, ova]) {
    const workshop = () => readdirSync(machines).find((name) => name.startsWith('.creating-'));
    const written = () => {
      const name = workshop();
      return name === undefined ? 0 : sizeOf(join(machines, name, 'disks/disk0.qcow2'));
    };
    await killAt(home, ['import', source, '--name', 'again'], random.below(60_000_000), written);
    const names = ((await runBothyJson(home, ['list'])) as { name: string }[]).map(({ name }) => name);
    if (names.includes('again')) await runBothyJson(home, ['delete', 'again']);
    expect(names[0]).toBe('web');
    expect(hashFolder(machines)).toEqual(before);
  }
  await runBothyJson(home, ['import', file, '--name', 'again']);
});
