import { AppError } from '../../contract/app-error.ts';
import type { Site } from './site.ts';

/** Runs `act` while no other face can take a name; throws `name-taken` when another machine has it already. */
export async function claimName<T>(site: Site, name: string, ownId: string, act: () => T | Promise<T>): Promise<T> {
  const lock = await site.locks.acquire('names', 'name a machine', { subject: 'the list of machines' });
  try {
    checkFree(site, name, ownId);
    return await act();
  } finally {
    await lock.release();
  }
}

/** Throws `name-taken`; for an early answer, before work is done for a name that is taken. */
export function checkFree(site: Site, name: string, ownId: string): void {
  const other = site.store.list().find((machine) => machine.name === name && machine.id !== ownId);
  if (other === undefined) return;
  throw new AppError('name-taken', `There is already a machine called “${name}”.`, {
    hint: 'Choose another name, or delete that machine first.',
  });
}
