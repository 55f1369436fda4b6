import { randomUUID } from 'node:crypto';
import { AppError, errorToData } from '../../contract/app-error.ts';
import type { Task } from '../../contract/task.ts';
import type { CallContext } from '../handlers.ts';

/** What a task's work is given: its own end signal and where to say how far it is. */
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number | null, step: string) => void;
}

/** The long work of this process. Finished tasks stay listed for a while, so that a window can show how they ended. */
export interface TaskList {
  list(): Task[];
  /** Runs work as a task; ends with its result or error. The caller's own signal and progress are served as well. */
  run<T>(title: string, machineId: string | null, caller: CallContext, work: (context: TaskContext) => Promise<T>): Promise<T>;
  /** Throws `not-found`. */
  cancel(id: string): void;
  onChange(listener: (task: Task) => void): () => void;
  /** Resolves when nothing runs. */
  whenIdle(): Promise<void>;
  /** Cancels everything and waits for its clean-up. */
  close(): Promise<void>;
}

const keptTasks = 20;
/** Progress is told at most this often. */
const progressEveryMs = 100;

export function createTaskList(): TaskList {
  const tasks = new Map<string, Task>();
  const running = new Map<string, { controller: AbortController; done: Promise<unknown> }>();
  const listeners = new Set<(task: Task) => void>();

  const update = (task: Task): void => {
    tasks.set(task.id, task);
    const ended = [...tasks.values()].filter(({ state }) => state !== 'running');
    for (const { id } of ended.slice(0, Math.max(0, ended.length - keptTasks))) tasks.delete(id);
    for (const listener of listeners) listener(task);
  };

  const run = async <T>(
    title: string,
    machineId: string | null,
    caller: CallContext,
    work: (context: TaskContext) => Promise<T>,
  ): Promise<T> => {
    const id = randomUUID();
    const controller = new AbortController();
    const cancel = (): void => controller.abort();
    if (caller.signal?.aborted === true) cancel();
    caller.signal?.addEventListener('abort', cancel, { once: true });
    let task: Task = {
      id,
      title,
      machineId,
      state: 'running',
      progress: null,
      step: '',
      startedAt: new Date().toISOString(),
      endedAt: null,
      error: null,
    };
    update(task);
    let toldAt = 0;
    const progress = (fraction: number | null, step: string): void => {
      const isSameStep = step === task.step;
      task = { ...task, progress: fraction === null ? null : Math.min(1, Math.max(0, fraction)), step };
      if (isSameStep && performance.now() - toldAt < progressEveryMs) return;
      toldAt = performance.now();
      update(task);
      caller.progress?.(task.progress, step);
    };
    const done = work({ signal: controller.signal, progress });
    running.set(id, { controller, done });
    const end = (state: Task['state'], error: Task['error']): void =>
      update({ ...task, state, error, endedAt: new Date().toISOString() });
    try {
      const result = await done;
      end('done', null);
      return result;
    } catch (error) {
      const isCancelled = error instanceof AppError && error.code === 'cancelled';
      end(isCancelled ? 'cancelled' : 'failed', isCancelled ? null : errorToData(error));
      throw error;
    } finally {
      caller.signal?.removeEventListener('abort', cancel);
      running.delete(id);
    }
  };

  return {
    list: () => [...tasks.values()],
    run,
    cancel(id) {
      const entry = running.get(id);
      if (entry === undefined) throw new AppError('not-found', 'This task has ended already.');
      entry.controller.abort();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async whenIdle() {
      while (running.size > 0) await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
    async close() {
      for (const { controller } of running.values()) controller.abort();
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
  };
}
