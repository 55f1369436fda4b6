import { expect, test } from 'vitest';
import { useTestHome } from '../kit/test-home.ts';
import { playCrowd } from '../rounds/crowd.ts';
import { endMachines } from '../rounds/end-machines.ts';

test('two windows and eight loops work on 20 machines for a minute', async () => {
  const home = useTestHome();
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  const report = await playCrowd(home, { machines: 20, loops: 8, seconds: 60, seed });
  console.log('crowd:', JSON.stringify(report, null, 2));
  expect(report.sightsChecked).toBeGreaterThan(0);
  expect(report.sightMs.median, 'the usual sight comes within a second').toBeLessThan(1000);
  await endMachines(home);
});
