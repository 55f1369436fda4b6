import type { Handlers } from '../handlers.ts';
import { getMachine, getTemplate } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { sweepLeftovers } from '../machine/sweep.ts';
import type { TaskList } from '../task/task-list.ts';

/** The handlers of templates; what long work needs is loaded when it is asked for. */
export function createTemplateHandlers(site: Site, tasks: TaskList): Handlers['template'] {
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
    rebuild: ({ template, ...wish }, context) => {
      const stored = getTemplate(site.store, template);
      return tasks.run(`Warm the template “${stored.name}”`, stored.id, context, async (task) => {
        const [{ rebuildTemplate }, { describeOne }] = await Promise.all([
          import('./rebuild-template.ts'),
          import('./list-templates.ts'),
        ]);
        await rebuildTemplate(site, stored, wish, task);
        return describeOne(site, stored.id);
      });
    },
    edit: async ({ template, ...wish }, { signal }) => {
      const [{ editTemplate }, { describeOne }] = await Promise.all([
        import('./edit-template.ts'),
        import('./list-templates.ts'),
      ]);
      return describeOne(site, await editTemplate(site, template, wish, signal));
    },
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
