import { expect, test } from 'vitest';
import { createEventChannel } from '../../../core/watch/event-channel.ts';

test('a reader that stopped reading is let go instead of filling the memory', async () => {
  let ends = 0;
  const channel = createEventChannel<number>(undefined, () => {
    ends += 1;
  });
  for (let value = 0; value < 20_000; value += 1) channel.push(value);
  expect(ends).toBe(1);
  let received = 0;
  for await (const _ of channel.events) received += 1;
  expect(received).toBe(10_000);
});
