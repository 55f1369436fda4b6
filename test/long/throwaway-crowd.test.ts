import { test } from 'vitest';
import { useTestHome } from '../kit/test-home.ts';
import { playThrowawayCrowd } from '../rounds/throwaway-crowd.ts';

test.each(['tiny', 'linux'] as const)('50 throwaways in a row and 20 at once see nothing of each other: %s', async (guest) => {
  await playThrowawayCrowd(useTestHome(), { inARow: 50, atOnce: 20, guest });
});
