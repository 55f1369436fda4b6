import { AppError } from '../../contract/app-error.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import type { Handlers } from '../handlers.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';
import { createThrowaway } from './create-throwaway.ts';

/** The handlers of throwaway machines; what long work needs is loaded when it is asked for. */
export function createThrowawayHandlers(
  site: Site,
  tasks: TaskList,
  _summary: (reference: string) => Promise<MachineSummary>,
): Omit<Handlers['throwaway'], 'matrix'> {
  const notBuilt = (): never => {
    throw new AppError('internal', 'Not built yet.');
  };
  return {
    create: (wish, context) =>
      tasks.run(`Start a throwaway machine of “${wish.template}”`, null, context, ({ signal }) =>
        createThrowaway(site, wish, signal),
      ),
    keep: notBuilt,
  };
}
