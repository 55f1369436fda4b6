import { test } from 'vitest';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useCore } from '../../kit/use-core.ts';
import { growTree } from '../../rounds/grow-tree.ts';

// Every node of {BIOS, UEFI} x {one disk, two} x {off, running} in real Linux is in test/long; here is what is quick.

test('a tree of snapshots in the boot sector guest: two disks, off and running', async () => {
  await growTree(useCore(), 'tiny', { guest: 'tiny', disks: 2, isOff: (node) => node % 2 === 1, boots: 3 });
});

test('a tree of snapshots in Linux: UEFI, two disks, off and running', async (context) => {
  skipWithoutGuests(context);
  const isOff = (node: number): boolean => node === 9;
  await growTree(useCore(), 'uefi', { guest: 'linux', firmware: 'uefi', disks: 2, isOff, boots: 1, isShort: true });
}, 180_000);
