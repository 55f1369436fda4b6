import { AppError } from '../../contract/app-error.ts';
import type { Guests } from '../core.ts';
import type { Handlers } from '../handlers.ts';
import type { Site } from '../machine/site.ts';

const notBuilt = (): never => {
  throw new AppError('internal', 'Not built yet.');
};

/** Commands in guests and files copied into and out of them. */
export function createGuestHandlers(): Pick<Handlers['machine'], 'exec' | 'copy'> {
  return { exec: notBuilt, copy: notBuilt };
}

export function createGuests(_site: Site): Guests {
  return { start: notBuilt };
}
