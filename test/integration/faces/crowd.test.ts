import { expect, test } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { playCrowd } from '../../rounds/crowd.ts';
import { endMachines } from '../../rounds/end-machines.ts';

test('two windows and three loops work on the same machines (short form)', async () => {
  const home = useTestHome();
  const report = await playCrowd(home, { machines: 6, loops: 3, seconds: 8, seed: Date.now() % 1_000_000 });
  console.log('crowd:', JSON.stringify(report));
  expect(report.sightsChecked).toBeGreaterThan(0);
  expect(report.sightMs.median, 'the usual sight comes within a second').toBeLessThan(1000);
  await endMachines(home);
});
