import { Modal, Radio, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useStore } from 'zustand';
import type { MachineSummary } from '../../../contract/machine.ts';
import { buildHash } from '../../state/route.ts';
import { findNameProblem, suggestName } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Makes a new machine of another one's present, or of one of its snapshots. */
export function CloneDialog({
  machine,
  snapshot,
  onClose,
}: {
  machine: MachineSummary;
  snapshot: string | undefined;
  onClose: () => void;
}) {
  const { actions, stores } = useApp();
  const from = useStore(stores.snapshots, ({ timelines }) =>
    timelines.get(machine.id)?.info?.snapshots.find(({ id }) => id === snapshot),
  );
  const taken = useTakenNames();
  const [name, setName] = useState(() => suggestName(machine.name, taken));
  const [kind, setKind] = useState<'linked' | 'full'>('linked');
  const action = useTaskAction(machine.id);
  const isOn = machine.state === 'running' || machine.state === 'paused';
  const problem = action.isBusy ? null : findNameProblem(name, taken);

  const make = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    let made: MachineSummary | undefined;
    const isDone = await action.run(async () => {
      made = await actions.clone(machine, { name, isFull: kind === 'full', snapshot });
    });
    if (!isDone || made === undefined) return;
    if (action.isShown()) window.location.hash = buildHash({ page: 'machine', id: made.id, tab: 'overview' });
    onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={from === undefined ? `Clone ${machine.name}` : `New machine from “${from.name}”`}
      size={500}
    >
      <form className="dialog-column" onSubmit={(event) => void make(event)} noValidate>
        <Text>
          The new machine has the same disks and settings as {machine.name}
          {from === undefined ? '' : ' had then'}, and an identity of its own: name, UUID and network address. It starts switched
          off, and without port forwards.
        </Text>
        {isOn && from === undefined ? (
          <Text c="dimmed">
            {machine.name} is on: the clone finds its disks as they are at this moment, as after a power cut.
          </Text>
        ) : null}
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
        <Radio.Group
          label="Kind"
          value={kind}
          onChange={(value) => setKind(value === 'full' ? 'full' : 'linked')}
          className="choice-list"
        >
          <Radio
            value="linked"
            disabled={action.isBusy}
            label="Linked"
            description={`Ready at once, and takes space only for what changes. It goes on reading the disks of ${machine.name}, which cannot be deleted before this one is made independent.`}
          />
          <Radio
            value="full"
            disabled={action.isBusy}
            label="Full"
            description="A copy of its own that needs no other machine. It takes as much space as the disks use, and the time to copy them."
          />
        </Radio.Group>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm={kind === 'full' ? 'Copy' : 'Clone'} isDisabled={problem !== null} onClose={onClose} />
      </form>
    </Modal>
  );
}
