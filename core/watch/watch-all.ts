import type { WatchEvent } from '../../contract/watch.ts';
import type { TaskList } from '../task/task-list.ts';
import { createEventChannel } from './event-channel.ts';
import type { MachineWatcher } from './machine-watcher.ts';

type Unnumbered = WatchEvent extends infer E ? (E extends WatchEvent ? Omit<E, 'sequence'> : never) : never;

/** The `watch.all` stream: a snapshot, then every change, numbered. */
export async function* watchAll(
  watcher: MachineWatcher,
  tasks: TaskList,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchEvent> {
  const cleanups: (() => void)[] = [];
  const channel = createEventChannel<Unnumbered>(signal, () => {
    for (const clean of cleanups) clean();
  });
  let sequence = 0;
  try {
    const { machines, unsubscribe } = await watcher.subscribe({
      machine: (machine) => channel.push({ type: 'machine', machine }),
      removed: (id) => channel.push({ type: 'machine-removed', id }),
      templates: () => channel.push({ type: 'templates' }),
      activity: (id, entry) => channel.push({ type: 'activity', id, entry }),
    });
    cleanups.push(unsubscribe);
    cleanups.push(tasks.onChange((task) => channel.push({ type: 'task', task })));
    if (signal?.aborted === true) return;
    yield { type: 'snapshot', sequence, machines, tasks: tasks.list() };
    for await (const event of channel.events) {
      sequence += 1;
      yield { ...event, sequence } as WatchEvent;
    }
  } finally {
    channel.close();
    for (const clean of cleanups) clean();
  }
}
