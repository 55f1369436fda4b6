import { expect, test } from 'vitest';
import { useTestHome } from '../kit/test-home.ts';
import { playThrowawayKills } from '../rounds/throwaway-kills.ts';

test('what is killed while it has to do with throwaways leaves nothing of them: 200 rounds', async () => {
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playThrowawayKills(useTestHome(), { rounds: 200, seed });
  console.log('throwaway kills:', JSON.stringify(report, null, 2));
  expect(report.rounds).toBe(200);
});
