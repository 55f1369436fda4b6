import { expect, test } from 'vitest';
import { createRoom } from '../../../core/throwaway/room.ts';

const never = new AbortController().signal;

/** Lets everything run that waits for nothing but others of its kind. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('as many come in as there are places, in the order they asked', async () => {
  const room = createRoom({ places: 2, memoryMiB: 10_000 });
  const inside: number[] = [];
  const leaves: (() => void)[] = [];
  for (const number of [0, 1, 2, 3]) {
    void room.enter(1, never).then((leave) => {
      inside.push(number);
      leaves.push(leave);
    });
  }
  await settle();
  expect(inside).toEqual([0, 1]);
  leaves[1]?.();
  await settle();
  expect(inside).toEqual([0, 1, 2]);
});

test('memory limits them too, and what never fits comes in alone', async () => {
  const room = createRoom({ places: 8, memoryMiB: 1000 });
  const first = await room.enter(600, never);
  let isIn = false;
  const second = room.enter(5000, never).then((leave) => {
    isIn = true;
    return leave;
  });
  await settle();
  expect(isIn).toBe(false);
  first();
  const leave = await second;
  const third = room.enter(1, never);
  leave();
  (await third)();
});

test('who gives up lets the next one pass', async () => {
  const room = createRoom({ places: 8, memoryMiB: 1000 });
  const leave = await room.enter(600, never);
  const controller = new AbortController();
  const large = room.enter(900, controller.signal);
  const small = room.enter(300, never);
  controller.abort();
  await expect(large).rejects.toMatchObject({ code: 'cancelled' });
  (await small)();
  leave();
  await expect(room.enter(1, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
});
