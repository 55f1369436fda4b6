import { Button, Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import type { TaskAction } from './use-task-action.ts';

/** The end of a dialog that asks for a task: its error is above; here are its progress, and the buttons. */
export function TaskFoot({
  action,
  confirm,
  isDangerous = false,
  isDisabled = false,
  onConfirm,
  isFirst = onConfirm !== undefined,
  onClose,
}: {
  action: TaskAction;
  /** What the button says that begins it. */
  confirm: ReactNode;
  isDangerous?: boolean;
  isDisabled?: boolean;
  /** Left out where the button submits the form around it. */
  onConfirm?: () => void;
  /** Whether the focus begins at that button, as in a dialog without fields. */
  isFirst?: boolean;
  onClose: () => void;
}) {
  const { isBusy, isCancelling, task } = action;
  return (
    <div className="task-foot">
      {isBusy ? (
        <div className="task-foot-progress">
          <TaskProgress action={action} />
          <Button variant="subtle" color="gray" size="compact-xs" onClick={onClose}>
            Go on in the background
          </Button>
        </div>
      ) : null}
      <div className="task-foot-buttons">
        <Button
          variant="default"
          onClick={isBusy ? action.cancel : onClose}
          disabled={isBusy && (isCancelling || task === undefined)}
        >
          Cancel
        </Button>
        <Button
          {...(isDangerous ? { color: 'red' } : {})}
          type={onConfirm === undefined ? 'submit' : 'button'}
          loading={isBusy}
          // It can have the focus before it can be pressed: a dialog without fields begins there.
          {...(isFirst ? { 'data-autofocus': true } : {})}
          {...(isDisabled ? { 'data-disabled': true } : {})}
          aria-disabled={isDisabled}
          onClick={(event) => {
            if (isDisabled) event.preventDefault();
            else onConfirm?.();
          }}
        >
          {confirm}
        </Button>
      </div>
    </div>
  );
}

/** How far a task is: a bar, and the step in words. */
export function TaskProgress({ action: { isCancelling, task } }: { action: TaskAction }) {
  return (
    <div className="task-progress" role="status">
      <Progress
        value={task?.progress == null ? 100 : task.progress * 100}
        animated={task?.progress == null}
        size="sm"
        aria-label={task?.title ?? 'Working'}
      />
      <span className="truncate">{isCancelling ? 'Cancelling' : (task?.step ?? '')}</span>
    </div>
  );
}
