import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Task } from '../../contract/task.ts';
import type { WatchEvent } from '../../contract/watch.ts';

/** Tasks worth showing: running ones, failed ones until dismissed, done ones for a moment. Oldest first. */
export interface TaskState {
  readonly tasks: readonly Task[];
  readonly dismissed: ReadonlySet<string>;
}

export type TaskStore = StoreApi<TaskState>;

export const emptyTaskState: TaskState = { tasks: [], dismissed: new Set() };

export function createTaskStore(): TaskStore {
  return createStore(() => emptyTaskState);
}

/** The state after an event. A snapshot brings old tasks too: of these, running ones count, and failed ones that were shown. */
export function applyTaskEvent(state: TaskState, event: WatchEvent): TaskState {
  switch (event.type) {
    case 'snapshot': {
      const known = new Set(state.tasks.map(({ id }) => id));
      const shown = event.tasks.filter((task) => task.state === 'running' || (task.state === 'failed' && known.has(task.id)));
      return { ...state, tasks: sortTasks(shown) };
    }
    case 'task': {
      const { task } = event;
      if (state.dismissed.has(task.id)) return state;
      return { ...state, tasks: sortTasks([...state.tasks.filter(({ id }) => id !== task.id), task]) };
    }
    case 'machine':
    case 'machine-removed':
    case 'templates':
    case 'activity':
      return state;
  }
}

/** The state after a person, or the clock, put a task away. */
export function dismissTask(state: TaskState, id: string): TaskState {
  return { tasks: state.tasks.filter((task) => task.id !== id), dismissed: new Set(state.dismissed).add(id) };
}

function sortTasks(tasks: readonly Task[]): readonly Task[] {
  return [...tasks].sort((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
}
