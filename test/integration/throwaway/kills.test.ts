import { expect, it } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { playThrowawayKills } from '../../rounds/throwaway-kills.ts';

it('what is killed while it has to do with throwaways leaves nothing of them: 7 rounds', async () => {
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playThrowawayKills(useTestHome(), { rounds: 7, seed });
  expect(report.rounds).toBe(7);
}, 180_000);
