import { Modal, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { buildHash } from '../../state/route.ts';
import { findNameProblem, suggestName } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatMemory } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Makes a second machine that goes on from the very moment another one is in. */
export function ForkDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { throwawayActions } = useApp();
  const taken = useTakenNames();
  const [state] = useState(machine.state);
  const [name, setName] = useState(() => suggestName(`${machine.name}-fork`, taken));
  const action = useTaskAction(machine.id);
  const problem = action.isBusy ? null : findNameProblem(name, taken);
  const fork = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    let made: MachineSummary | undefined;
    const isDone = await action.run(async () => {
      made = await throwawayActions.fork(machine, name);
    });
    if (!isDone || made === undefined) return;
    if (action.isShown()) window.location.hash = buildHash({ page: 'machine', id: made.id, tab: 'console' });
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Fork ${machine.name}`} size={480}>
      <form className="dialog-column" onSubmit={(event) => void fork(event)} noValidate>
        <Text>
          A second machine goes on from this very moment, with the same memory and the same programs open. From then on the two go
          ways of their own: what is done in one does not reach the other.
        </Text>
        <Text c="dimmed">
          {state === 'running'
            ? `${machine.name} stands still for an instant; how long is told afterwards.`
            : `${machine.name} stays ${state}; the fork ${state === 'paused' ? 'is paused too' : 'goes on'}.`}
          {machine.memoryMiB === null ? '' : ` The fork takes up to ${formatMemory(machine.memoryMiB)} of memory.`}
        </Text>
        <TextInput
          label="Name"
          value={name}
          error={problem}
          disabled={action.isBusy}
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            action.clearError();
            setName(event.currentTarget.value);
          }}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Fork" isDisabled={problem !== null} onClose={onClose} />
      </form>
    </Modal>
  );
}
