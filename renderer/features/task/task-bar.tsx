import { ActionIcon, Button, Progress } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { errorToData } from '../../../contract/app-error.ts';
import type { Task } from '../../../contract/task.ts';
import { dismissTask } from '../../state/task-store.ts';
import { useApp } from '../../ui/app-context.tsx';
import { describeError } from '../../ui/format.ts';
import { showErrorToast } from '../../ui/show-toast.ts';

const shownDoneMs = 4000;

/** Tasks under way with progress and cancel; failed ones stay until they are put away. */
export function TaskBar() {
  const { stores } = useApp();
  const tasks = useStore(stores.tasks, (state) => state.tasks);
  return (
    <section aria-label="Tasks" aria-live="polite">
      {tasks.slice(-3).map((task) => (
        <TaskRow key={task.id} task={task} />
      ))}
    </section>
  );
}

function TaskRow({ task }: { task: Task }) {
  const { client, stores } = useApp();
  const [isCancelling, setCancelling] = useState(false);
  const isOver = task.state === 'done' || task.state === 'cancelled';
  useEffect(() => {
    if (!isOver) return;
    const timer = setTimeout(() => stores.tasks.setState((state) => dismissTask(state, task.id)), shownDoneMs);
    return () => clearTimeout(timer);
  }, [isOver, stores, task.id]);
  const dismiss = () => stores.tasks.setState((state) => dismissTask(state, task.id));
  const cancel = () => {
    setCancelling(true);
    client.call.task.cancel({ id: task.id }).catch((error: unknown) => {
      setCancelling(false);
      showErrorToast(`${task.title}: could not be cancelled`, errorToData(error));
    });
  };

  if (task.state === 'running')
    return (
      <div className="foot-task" data-state="running" data-testid="task">
        <span className="truncate">{task.title}</span>
        <Progress
          value={task.progress === null ? 100 : task.progress * 100}
          animated={task.progress === null}
          size="sm"
          aria-label={task.title}
        />
        <span className="truncate foot-task-step">{isCancelling ? 'cancelling' : task.step}</span>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={cancel} disabled={isCancelling}>
          Cancel
        </Button>
      </div>
    );
  return (
    <div className="foot-task" data-state={task.state} data-testid="task" role={task.state === 'failed' ? 'alert' : undefined}>
      {task.state === 'failed' ? <IconAlertTriangle size={16} color="var(--bad)" /> : <IconCheck size={16} color="var(--good)" />}
      <span className="truncate">
        {task.title}
        {task.state === 'done' ? ': done' : task.state === 'cancelled' ? ': cancelled' : ''}
        {task.error === null ? '' : `: ${describeError(task.error)}`}
      </span>
      <ActionIcon size={24} onClick={dismiss} aria-label={`Dismiss ${task.title}`}>
        <IconX size={14} />
      </ActionIcon>
    </div>
  );
}
