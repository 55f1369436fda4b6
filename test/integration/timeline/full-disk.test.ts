import { expect, test } from 'vitest';
import { useSmallDisk } from '../../kit/small-disk.ts';
import { useTestHome } from '../../kit/test-home.ts';
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
