import { expect, test } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { endMachines } from '../../rounds/end-machines.ts';
import { commandLineFace, electronFace, webModeFace } from '../../rounds/killable-face.ts';
import { playTimelineKills } from '../../rounds/timeline-kills.ts';

test('faces and QEMUs killed while timelines change lose nothing and leave nothing (short form)', async () => {
  const home = useTestHome();
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playTimelineKills(home, [commandLineFace, webModeFace, electronFace], { rounds: 10, seed });
  console.log('timeline kills:', JSON.stringify(report));
  expect(report.rounds).toBe(10);
  await endMachines(home);
});
