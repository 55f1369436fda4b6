import { expect, test } from 'vitest';
import { useSmallDisk } from '../../kit/small-disk.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { endMachines } from '../../rounds/end-machines.ts';
import { playFullDisk } from '../../rounds/full-disk-rounds.ts';

test('timelines that change on a full disk lose nothing (short form)', async (context) => {
  const home = useTestHome();
  const disk = useSmallDisk(context, home.folder, 128 * 1024 * 1024);
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playFullDisk(home, disk, { rounds: 12, seed });
  console.log('full disk:', JSON.stringify(report));
  expect(report.rounds).toBe(12);
  await endMachines(home);
});

test('a change that cannot be begun on a full disk is told as that', async (context) => {
  const home = useTestHome();
  const disk = useSmallDisk(context, home.folder, 16 * 1024 * 1024);
  const { core, machine } = useCore({}, home);
  const { id } = await machine.create({ name: 'web', ...tinyMachine, diskSize: 1024 * 1024 }, {});
  await core.handlers.snapshot.create({ machine: id, name: 'kept' }, {});
  disk.fill(0);
  const deleting = core.handlers.snapshot.delete({ machine: id, snapshot: 'kept' }, {});
  expect(await getFailure(deleting)).toMatchObject({
    code: 'not-enough-space',
    message: '“web” was not changed (delete a snapshot): the disk is full.',
  });
  disk.empty();
  await core.handlers.snapshot.delete({ machine: id, snapshot: 'kept' }, {});
});
