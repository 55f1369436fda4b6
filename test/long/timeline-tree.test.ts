import { describe, test } from 'vitest';
import { skipWithoutGuests } from '../kit/skip-without-guests.ts';
import { useCore } from '../kit/use-core.ts';
import { growTree, wanderTree } from '../rounds/grow-tree.ts';

describe.each(['bios', 'uefi'] as const)('with %s', (firmware) => {
  describe.each([1, 2] as const)('and %d disks', (disks) => {
    test.for(['off', 'running'] as const)('a tree of snapshots in Linux: %s', async (state, context) => {
      skipWithoutGuests(context);
      await growTree(useCore(), 'linux', { guest: 'linux', firmware, disks, isOff: () => state === 'off', boots: 11 });
    });
  });
});

test('sixty steps at random through a tree of snapshots in Linux', async (context) => {
  skipWithoutGuests(context);
  const seed = Number(process.env['BOTHY_SEED'] ?? Date.now() % 1_000_000);
  console.log('tree steps at random: seed', seed);
  await wanderTree(useCore(), 'linux', { guest: 'linux', disks: 2 }, { steps: 60, seed });
});
