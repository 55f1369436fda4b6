import { expect, test } from 'vitest';
import { useSmallDisk } from '../kit/small-disk.ts';
import { useTestHome } from '../kit/test-home.ts';
import { endMachines } from '../rounds/end-machines.ts';
import { playFullDisk } from '../rounds/full-disk-rounds.ts';

test('timelines that change on a full disk lose nothing: 100 rounds', async (context) => {
  const home = useTestHome();
  const disk = useSmallDisk(context, home.folder, 128 * 1024 * 1024);
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playFullDisk(home, disk, { rounds: 100, seed });
  console.log('full disk:', JSON.stringify(report, null, 2));
  expect(report.rounds).toBe(100);
  await endMachines(home);
});
