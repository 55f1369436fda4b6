import { consoleOperations } from './operations/console.ts';
import { hostOperations } from './operations/host.ts';
import { imageOperations } from './operations/image.ts';
import { machineOperations } from './operations/machine.ts';
import { snapshotOperations } from './operations/snapshot.ts';
import { taskOperations } from './operations/task.ts';
import { templateOperations } from './operations/template.ts';
import { throwawayOperations } from './operations/throwaway.ts';
import { watchOperations } from './operations/watch.ts';

/** Everything that can be asked of Bothy, by noun and verb. Every face is derived from this table. */
export const operations = {
  machine: machineOperations,
  snapshot: snapshotOperations,
  template: templateOperations,
  throwaway: throwawayOperations,
  image: imageOperations,
  console: consoleOperations,
  host: hostOperations,
  task: taskOperations,
  watch: watchOperations,
} as const;

export type Operations = typeof operations;
