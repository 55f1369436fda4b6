import { test } from 'vitest';
import { useCore } from '../../kit/use-core.ts';
import { growTree } from '../../rounds/grow-tree.ts';

// Every node of {BIOS, UEFI} x {one disk, two} x {off, running} in real Linux is in test/long; here is what is quick.

test('a tree of snapshots in the boot sector guest: two disks, off and running', async () => {
  await growTree(useCore(), 'tiny', { guest: 'tiny', disks: 2, isOff: (node) => node % 2 === 1, boots: 3 });
});
