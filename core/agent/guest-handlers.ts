import type { Guests } from '../core.ts';
import type { Handlers } from '../handlers.ts';
import { getMachine } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';
import type { ParkedShells } from './parked-shells.ts';

/** Commands in guests, and files copied into and out of them. What they need is loaded when it is asked for. */
export function createGuestHandlers(
  { store }: Site,
  tasks: TaskList,
  guests: Guests,
): Pick<Handlers['machine'], 'exec' | 'copy'> {
  return {
    exec: ({ machine, ...wish }, context) => {
      const { id, name } = getMachine(store, machine);
      return tasks.run(`Run “${wish.command[0]}” in “${name}”`, id, context, async ({ signal }) => {
        const { execInGuest } = await import('./exec-in-guest.ts');
        return execInGuest(guests, id, wish, signal);
      });
    },
    copy: ({ machine, ...wish }, context) => {
      const { id, name } = getMachine(store, machine);
      return tasks.run(`Copy ${wish.direction === 'in' ? 'into' : 'out of'} “${name}”`, id, context, async (task) => {
        const { copyFiles } = await import('./copy-files.ts');
        return copyFiles(guests, { id, name, runtimeFolder: store.runtimeFolderOf(id) }, wish, task);
      });
    },
  };
}

export function createGuests(site: Site, shells: ParkedShells): Guests {
  return {
    start: async (machine, command) => {
      const { startInGuest } = await import('./start-in-guest.ts');
      return startInGuest(site, shells, machine, command);
    },
  };
}
