import { Modal, Text, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineState, MachineSummary } from '../../../contract/machine.ts';
import { findSnapshotNameProblem, suggestSnapshotName } from '../../state/suggest-snapshot-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { useTimeline } from './use-timeline.ts';

/** Takes a snapshot of the present. */
export function TakeSnapshotDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { snapshotActions } = useApp();
  const { info } = useTimeline(machine.id);
  const [typed, setTyped] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const action = useTaskAction(machine.id);
  const names = info?.snapshots.map(({ name }) => name) ?? [];
  // While it is taken it is listed already, and its own name would be in the way.
  const name = typed ?? suggestSnapshotName(names);
  const problem = action.isBusy ? null : findSnapshotNameProblem(name, names);

  const take = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null || info === null) return;
    setTyped(name);
    if (await action.run(() => snapshotActions.take(machine, { name: name.trim(), note: note.trim() }))) onClose();
  };

  return (
    <Modal opened onClose={onClose} title={`Take a snapshot of ${machine.name}`} size={480}>
      <form className="dialog-column" onSubmit={(event) => void take(event)} noValidate>
        <Text>{describeContent(machine.state)}</Text>
        {info?.problem == null ? null : <Notice tone="warn" title={info.problem.message} hint={info.problem.hint} />}
        <TextInput
          label="Name"
          value={name}
          error={problem}
          disabled={action.isBusy}
          autoComplete="off"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => {
            action.clearError();
            setTyped(event.currentTarget.value);
          }}
        />
        <Textarea
          label="Note"
          description="What a person should know of it later; it can be left empty."
          value={note}
          disabled={action.isBusy}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Take snapshot" isDisabled={info === null || info.problem !== null} onClose={onClose} />
      </form>
    </Modal>
  );
}

function describeContent(state: MachineState): string {
  switch (state) {
    case 'running':
      return 'It keeps the disks, the settings, and the memory: the machine runs on, and a restore comes back to this very moment.';
    case 'paused':
      return 'It keeps the disks, the settings, and the memory: a restore comes back to this very moment, paused.';
    case 'suspended':
      return 'It keeps the disks, the settings, and the memory that was saved when the machine was suspended.';
    case 'off':
    case 'starting':
    case 'crashed':
    case 'broken':
      return 'The machine is off, so there is no memory to keep: the snapshot holds its disks, the firmware’s variables and its settings.';
  }
}
