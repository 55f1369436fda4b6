import { expect, test } from 'vitest';
import { useCore } from '../kit/use-core.ts';
import { walkTimelines } from '../rounds/timeline-walk.ts';

test('three hundred things done to timelines at random leave what a simple model says', async () => {
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await walkTimelines(useCore(), { steps: 300, seed });
  console.log('timeline walk:', JSON.stringify(report, null, 2));
  expect(Object.values(report.done).reduce((sum, count) => sum + count, 0)).toBe(300);
});
