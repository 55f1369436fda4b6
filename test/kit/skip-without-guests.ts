import type { TestContext } from 'vitest';
import { findObstacle } from '../../scripts/guests/apt.ts';
import { findDebianObstacle } from '../../scripts/guests/debian-guest.ts';

/** Skips a test, with the reason, on a host where the test guests cannot be made: nothing installed there would change that. */
export function skipWithoutGuests(context: TestContext): void {
  const obstacle = findObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
}

/** The same for `getDebianGuest()`, whose making takes root. */
export function skipWithoutDebian(context: TestContext): void {
  const obstacle = findDebianObstacle();
  if (obstacle !== undefined) context.skip(obstacle);
}
