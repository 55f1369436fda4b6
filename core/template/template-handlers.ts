import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { Handlers } from '../handlers.ts';
import { getTemplate } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';
import { readWarmState } from './warm-state.ts';

/** The handlers of templates; what long work needs is loaded when it is asked for. */
export function createTemplateHandlers(site: Site, _tasks: TaskList): Handlers['template'] {
  const notBuilt = (): never => {
    throw new AppError('internal', 'Not built yet.');
  };
  return {
    list: async () => [],
    create: notBuilt,
    rebuild: notBuilt,
    edit: notBuilt,
    check: ({ template }) => {
      const { folder, definition } = getTemplate(site.store, template);
      if (definition.template.warm !== null) readWarmState(join(folder, definition.template.warm.folder));
      return notBuilt();
    },
    delete: notBuilt,
  };
}
