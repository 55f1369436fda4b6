import type { Core } from '../../core/core.ts';
import { Keeper } from './keeper.ts';

/** A machine of a warm template that goes on from its memory, and stays until somebody deletes it. */
export async function startWarmClone(
  core: Core,
  template: string,
  name: string,
  guest: 'linux' | 'tiny' = 'linux',
): Promise<Keeper> {
  const { id, state } = await core.handlers.machine.create({ name, source: { type: 'template', template }, start: true }, {});
  if (state !== 'running') throw new Error(`${name} is ${state}`);
  return new Keeper(core, id, guest);
}
