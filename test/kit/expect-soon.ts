import { expect } from 'vitest';

/** What becomes so, however busy the host is. */
export function expectSoon<T>(read: () => T) {
  return expect.poll(read, { timeout: 15_000 });
}
