import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findObstacle } from '../../../scripts/guests/apt.ts';
import { getLinuxGuest } from '../../guests/index.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { openGuestShell } from '../../kit/guest-shell.ts';
import { failBothy, runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;

// Built once, and then kept; that takes longer than a test may.
beforeAll(async () => {
  if (findObstacle() === undefined) await getLinuxGuest();
}, 300_000);

test('a guest sees each disk in its place, and what it writes stays on that disk', async (context) => {
  skipWithoutGuests(context);
  const { core, machine } = useCore();
  const { kernel, initrd, append } = await getLinuxGuest();
  const source = { type: 'kernel', kernel, initrd, append } as const;
  const guest = { memoryMiB: 256, cpus: 1, accelerator: 'tcg', network: 'none' } as const;
  await machine.create({ name: 'one', ...guest, source, diskSize: 64 * mib, extraDisks: [32 * mib, 16 * mib], start: true }, {});
  const shell = await openGuestShell(core, 'one');
  await shell.waitForBoot();
  const sectors = [64, 32, 16].map((size) => (size * mib) / 512);
  expect(await shell.run('cat /sys/block/vd[abc]/size')).toBe(sectors.join('\n'));
  await shell.run('for disk in a b c; do echo "this is $disk" > /dev/vd$disk; done; sync');
  await machine.kill({ machine: 'one' }, {});
  await machine.start({ machine: 'one' }, {});
  await shell.waitForBoot();
  expect(await shell.run('head -qn 1 /dev/vd[abc]')).toBe('this is a\nthis is b\nthis is c');
});

test('eight disks run, none of them takes room before it is filled, and none is lost when there is no first one', async () => {
  const { machine } = useCore();
  const sizes = Array.from({ length: 8 }, (_, index) => (index + 1) * 1024 ** 4);
  await machine.create({ name: 'eight', ...tinyMachine, diskSize: sizes[0], extraDisks: sizes.slice(1), start: true }, {});
  const disks = await machine.disks({ machine: 'eight' }, {});
  expect(disks.map(({ device, virtualSize }) => [device, virtualSize])).toEqual(
    sizes.map((size, index) => [`disk${index}`, size]),
  );
  for (const { actualSize } of disks) expect(actualSize).toBeLessThan(mib);
  await machine.create({ name: 'second', ...tinyMachine, diskSize: 0, extraDisks: [mib] }, {});
  expect(await machine.disks({ machine: 'second' }, {})).toMatchObject([{ device: 'disk0', virtualSize: mib }]);
});

test('beside a copy of an image, which keeps its size', async () => {
  const { machine, scratch, folder } = useCore();
  const path = writeRawImage(join(scratch, 'disk.raw'), 4 * mib);
  const { diskSize: _none, ...tiny } = tinyMachine;
  const { id } = await machine.create({ name: 'one', ...tiny, source: { type: 'image', path }, extraDisks: [9 * mib] }, {});
  expect(await machine.disks({ machine: 'one' }, {})).toMatchObject([{ virtualSize: 4 * mib }, { virtualSize: 9 * mib }]);
  expect(qemuImg('compare', '-F', 'qcow2', path, join(folder, 'machines', id, 'disks/disk0.qcow2'))).toContain('identical');
});

test('by the command line: --disk once for each', async () => {
  const home = useTestHome();
  const image = writeRawImage(join(home.scratch, 'disk.raw'), 4 * mib);
  const listSizes = async (name: string) =>
    ((await runBothyJson(home, ['disks', name])) as { virtualSize: number }[]).map((disk) => disk.virtualSize);
  expect((await runBothy(home, ['create', 'web', '--disk', '20M', '--disk', '5M', '--disk', '1M'])).exitCode).toBe(0);
  expect(await listSizes('web')).toEqual([20 * mib, 5 * mib, mib]);
  await runBothyJson(home, ['create', 'copy', '--from', image, '--disk', 'default', '--disk', '5M']);
  expect(await listSizes('copy')).toEqual([4 * mib, 5 * mib]);
  const twice = ['--disk', 'default', '--disk', 'default'];
  expect(await failBothy(home, ['create', 'x', ...twice])).toMatchObject({ exitCode: 2, error: { code: 'usage' } });
  const nine = Array.from({ length: 9 }, () => ['--disk', '1M']).flat();
  expect(await failBothy(home, ['create', 'x', ...nine])).toMatchObject({
    exitCode: 2,
    error: { message: '9 disks are more than a machine can have.' },
  });
});
