import { it } from 'vitest';
import { useTestHome } from '../../kit/test-home.ts';
import { playThrowawayCrowd } from '../../rounds/throwaway-crowd.ts';

it('10 throwaways in a row and 5 at once see nothing of each other', async () => {
  await playThrowawayCrowd(useTestHome(), { inARow: 10, atOnce: 5, guest: 'tiny' });
});
