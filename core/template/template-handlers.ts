import { AppError } from '../../contract/app-error.ts';
import type { Handlers } from '../handlers.ts';
import { getMachine, getTemplate } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { sweepLeftovers } from '../machine/sweep.ts';
import type { TaskList } from '../task/task-list.ts';

/** The handlers of templates; what long work needs is loaded when it is asked for. */
export function createTemplateHandlers(site: Site, tasks: TaskList): Handlers['template'] {
  const notBuilt = (): never => {
    throw new AppError('internal', 'Not built yet.');
  };
  return {
    list: async () => {
      await sweepLeftovers(site);
      const { listTemplates } = await import('./list-templates.ts');
      return listTemplates(site);
    },
    create: ({ machine, ...wish }, context) => {
      const { id, name } = getMachine(site.store, machine);
      return tasks.run(`Make the template “${wish.name}” of “${name}”`, id, context, async (task) => {
        const [{ createTemplate }, { describeOne }] = await Promise.all([
          import('./create-template.ts'),
          import('./list-templates.ts'),
        ]);
        return describeOne(site, await createTemplate(site, id, wish, task));
      });
    },
    rebuild: notBuilt,
    edit: notBuilt,
    check: ({ template }, context) => {
      const { id, name } = getTemplate(site.store, template);
      return tasks.run(`Check the template “${name}”`, id, context, async (task) => {
        const { checkTemplate } = await import('./check-template.ts');
        return checkTemplate(site, id, task);
      });
    },
    delete: ({ template, detach }, context) => {
      const stored = getTemplate(site.store, template);
      return tasks.run(`Delete the template “${stored.name}”`, stored.id, context, async (task) => {
        const { deleteTemplate } = await import('./delete-template.ts');
        return deleteTemplate(site, stored, detach ?? false, task);
      });
    },
  };
}
