import { basename } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import type { Handlers } from '../handlers.ts';
import { getMachine } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskList } from '../task/task-list.ts';

/** What of the rest of the core the handlers need. */
interface TransferPorts {
  readonly site: Site;
  readonly tasks: TaskList;
  summary(reference: string): Promise<MachineSummary>;
  start(reference: string, signal: AbortSignal): Promise<void>;
}

/** The handlers that bring machines out and in; what they need is loaded when they are asked for. */
export function createTransferHandlers({
  site,
  tasks,
  summary,
  start,
}: TransferPorts): Pick<Handlers['machine'], 'export' | 'import'> {
  return {
    export: ({ machine, ...wish }, context) => {
      const { id, name } = getMachine(site.store, machine);
      return tasks.run(`Export “${name}”`, id, context, async (task) => {
        const { exportMachine } = await import('./export-machine.ts');
        return exportMachine(site, id, wish, task);
      });
    },
    import: (input, context) =>
      tasks.run(`Import ${basename(input.file)}`, null, context, async (task) => {
        const { importMachine } = await import('./import-machine.ts');
        const { id, notices } = await importMachine(site, input, task);
        if (input.start === true) {
          task.progress(null, 'Starting');
          await start(id, task.signal).catch((error: unknown) => {
            if (!(error instanceof AppError)) throw error;
            const { name } = getMachine(site.store, id);
            throw new AppError(error.code, `“${name}” was imported, but not started. ${error.message}`, error);
          });
        }
        return { machine: await summary(id), notices: [...notices] };
      }),
  };
}
