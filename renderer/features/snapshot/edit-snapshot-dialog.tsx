import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { SnapshotInfo, TimelineInfo } from '../../../contract/snapshot.ts';
import { findSnapshotNameProblem } from '../../state/suggest-snapshot-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';

/** Changes what a snapshot is called, and its note. */
export function EditSnapshotDialog({
  machine,
  snapshot,
  info,
  onClose,
}: {
  machine: MachineSummary;
  snapshot: SnapshotInfo;
  info: TimelineInfo;
  onClose: () => void;
}) {
  const { snapshotActions } = useApp();
  const action = useAction();
  const [name, setName] = useState(snapshot.name);
  const [note, setNote] = useState(snapshot.note);
  const others = info.snapshots.filter(({ id }) => id !== snapshot.id).map((other) => other.name);
  const problem = findSnapshotNameProblem(name, others);

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null) return;
    const values = { name: name.trim(), note: note.trim() };
    if (await action.run(() => snapshotActions.edit(machine.id, snapshot.id, values))) onClose();
  };

  return (
    <Modal opened onClose={onClose} title="Name and note" size={440}>
      <form className="dialog-column" onSubmit={(event) => void save(event)} noValidate>
        <TextInput
          label="Name"
          value={name}
          error={problem}
          autoComplete="off"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Note"
          value={note}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button type="submit" loading={action.isBusy} disabled={problem !== null}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
