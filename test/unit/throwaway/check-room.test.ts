import { expect, test } from 'vitest';
import { checkRoom } from '../../../core/throwaway/check-room.ts';

const machine = { name: 'big', memoryMiB: 1000 };

test('what would not fit is refused by name, with what it needs and what there is', () => {
  // A clone of memory: QEMU's own 48 MiB and a tenth; one that boots: a third, roughly.
  expect(() => checkRoom(machine, true, 148)).not.toThrow();
  expect(() => checkRoom(machine, true, 147)).toThrow(
    '“big” was not started: it would take about 148 MiB of memory, and 147 MiB are available.',
  );
  expect(() => checkRoom(machine, false, 348)).not.toThrow();
  expect(() => checkRoom(machine, false, 347)).toThrow(/348 MiB/);
});

test('this host has room for a small one', () => {
  expect(() => checkRoom({ name: 'small', memoryMiB: 64 }, true)).not.toThrow();
});
