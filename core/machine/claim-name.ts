import { AppError } from '../../contract/app-error.ts';
import { isTemplate } from './find-machine.ts';
import type { Site } from './site.ts';

/** Runs `act` while no other face can take a name; throws `name-taken` when another machine or template has it already. */
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
  const what = isTemplate(other) ? 'template' : 'machine';
  throw new AppError('name-taken', `There is already a ${what} called “${name}”.`, {
    hint: `Choose another name, or delete that ${what} first.`,
  });
}
