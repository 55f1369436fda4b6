import { expect, test } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { endMachines } from '../../rounds/end-machines.ts';
import { playKillRounds } from '../../rounds/kill-rounds.ts';
import { commandLineFace, electronFace, webModeFace } from '../../rounds/killable-face.ts';

test('faces killed at random moments lose nothing and leave nothing (short form)', async () => {
  const home = useTestHome();
  const seed = Date.now() % 1_000_000;
  const report = await playKillRounds(home, [commandLineFace, webModeFace, electronFace], { rounds: 8, seed });
  console.log('kill rounds:', JSON.stringify(report));
  expect(report.rounds).toBe(8);
  await endMachines(home);
});
