import { expect, it } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { playThrowawayKills } from '../../rounds/throwaway-kills.ts';

it('killed owners and QEMUs leave nothing of their throwaways: 12 rounds', async () => {
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playThrowawayKills(useTestHome(), { rounds: 12, seed });
  expect(report.rounds).toBe(12);
});
