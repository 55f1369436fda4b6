import { test } from 'vitest';
import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';
import { useTestHome } from '../kit/test-home.ts';
import { playDebianCrowd } from '../rounds/debian-crowd.ts';
import { playThrowawayCrowd } from '../rounds/throwaway-crowd.ts';

test.each(['tiny', 'linux'] as const)('50 throwaways in a row and 20 at once see nothing of each other: %s', async (guest) => {
  await playThrowawayCrowd(useTestHome(), { inARow: 50, atOnce: 20, guest });
});

test('50 throwaways of a Debian in a row and 20 at once see nothing of each other', async (context) => {
  const obstacle = findDebianObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
  console.log('Debian crowd:', await playDebianCrowd(useTestHome(), { inARow: 50, atOnce: 20 }));
});
