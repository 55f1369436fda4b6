import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type AppErrorData, errorToData } from '../../contract/app-error.ts';
import type { Task } from '../../contract/task.ts';
import { dismissTask } from '../state/task-store.ts';
import { useApp } from './app-context.tsx';
import { showErrorToast } from './show-toast.ts';
import { useAction } from './use-action.ts';

/** A task that a dialog asks for: how far it is, how it failed, and how to cancel it. */
export interface TaskAction {
  readonly isBusy: boolean;
  readonly isCancelling: boolean;
  /** How it failed; being cancelled is no failure. */
  readonly error: AppErrorData | null;
  readonly task: Task | undefined;
  /** Runs the work unless some runs already; tells whether it succeeded. */
  run(work: () => Promise<unknown>): Promise<boolean>;
  cancel(): void;
  clearError(): void;
  /** Whether the dialog that asked is still there, rather than closed while the task goes on. */
  isShown(): boolean;
}

/** Follows the tasks of these machines while a dialog is open. The dialog shows their failure itself, so the task bar need not. */
export function useTaskAction(...machines: readonly string[]): TaskAction {
  return useTasksAction(({ machineId }) => machineId !== null && machines.includes(machineId));
}

/** The same for the tasks that fit. */
export function useTasksAction(fits: (task: Task) => boolean): TaskAction {
  const { client, stores } = useApp();
  const { isBusy, error, run, clearError, isShown } = useAction();
  const [isCancelling, setCancelling] = useState(false);
  const [known] = useState(() => new Set(stores.tasks.getState().tasks.map(({ id }) => id)));
  const isOwn = (task: Task) => fits(task) && !known.has(task.id);
  const task = useStore(stores.tasks, ({ tasks }) =>
    isBusy ? tasks.findLast((one) => one.state === 'running' && isOwn(one)) : undefined,
  );
  const failed = useStore(stores.tasks, ({ tasks }) => tasks.find((one) => one.state === 'failed' && isOwn(one)));
  useEffect(() => {
    if (failed !== undefined) stores.tasks.setState((state) => dismissTask(state, failed.id), true);
  }, [failed, stores]);
  return {
    isBusy,
    isCancelling: isBusy && isCancelling,
    error: error?.code === 'cancelled' ? null : error,
    task,
    run: (work) => {
      setCancelling(false);
      return run(work);
    },
    cancel: () => {
      if (task === undefined) return;
      setCancelling(true);
      client.call.task.cancel({ id: task.id }).catch((reason: unknown) => {
        setCancelling(false);
        showErrorToast(`${task.title}: could not be cancelled`, errorToData(reason));
      });
    },
    clearError,
    isShown,
  };
}
