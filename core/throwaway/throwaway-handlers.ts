import type { MachineSummary } from '../../contract/machine.ts';
import type { ParkedShells } from '../agent/parked-shells.ts';
import type { Handlers } from '../handlers.ts';
import { getMachine } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';
import { createThrowaway } from './create-throwaway.ts';

/** The handlers of throwaway machines; what long work needs is loaded when it is asked for. */
export function createThrowawayHandlers(
  site: Site,
  tasks: TaskList,
  summary: (reference: string) => Promise<MachineSummary>,
  shells: ParkedShells,
): Omit<Handlers['throwaway'], 'matrix'> {
  return {
    create: (wish, context) =>
      tasks.run(`Start a throwaway machine of “${wish.template}”`, null, context, ({ signal }) =>
        createThrowaway(site, wish, signal, shells),
      ),
    keep: ({ machine, name }, context) => {
      const stored = getMachine(site.store, machine);
      return tasks.run(`Keep “${stored.name}”`, stored.id, context, async (task) => {
        const { keepThrowaway } = await import('./keep-throwaway.ts');
        return summary(await keepThrowaway(site, stored.id, name, task));
      });
    },
  };
}
