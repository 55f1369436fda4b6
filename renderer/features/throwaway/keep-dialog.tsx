import { Modal, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { findNameProblem } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Makes a normal machine of a throwaway, which goes on meanwhile. */
export function KeepDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { throwawayActions } = useApp();
  const taken = useTakenNames();
  const [before] = useState(machine.name);
  const [name, setName] = useState(before);
  const action = useTaskAction(machine.id);
  const problem = action.isBusy || name === before ? null : findNameProblem(name, taken);
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    if (await action.run(() => throwawayActions.keep({ id: machine.id, name: before }, name))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Keep ${before}`} size={480}>
      <form className="dialog-column" onSubmit={(event) => void keep(event)} noValidate>
        <Text>
          It becomes a machine like any other: it stays when it is switched off, and when Bothy is closed. It does not stop for
          that. What it reads from{machine.template === null ? ' its template' : ` ${machine.template}`} is copied into disks of
          its own meanwhile.
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
        <TaskFoot action={action} confirm="Keep" isDisabled={problem !== null} onClose={onClose} />
      </form>
    </Modal>
  );
}
