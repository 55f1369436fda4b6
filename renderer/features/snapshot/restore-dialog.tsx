import { Modal, Radio, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { SnapshotInfo, TimelineInfo } from '../../../contract/snapshot.ts';
import { findSnapshotNameProblem, suggestKeptName } from '../../state/suggest-snapshot-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatAgo, formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useNow } from '../../ui/use-now.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Goes back to a snapshot, after the present's fate is settled. */
export function RestoreDialog({
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
  const now = useNow(30_000);
  const action = useTaskAction(machine.id);
  const [isKeeping, setKeeping] = useState(true);
  const [typed, setTyped] = useState<string | null>(null);
  // A restore changes the timeline under its own dialog, which goes on saying what was asked.
  const [asked, setAsked] = useState<{ isChanged: boolean; name: string } | null>(null);
  const names = info.snapshots.map(({ name }) => name);
  const isChanged = (action.isBusy ? asked?.isChanged : undefined) ?? info.isPresentChanged;
  const keptName = (action.isBusy ? asked?.name : undefined) ?? typed ?? suggestKeptName(snapshot.name, names);
  const isOn = machine.state === 'running' || machine.state === 'paused' || machine.state === 'starting';
  const canKeep = info.problem === null;
  const willKeep = isChanged && isKeeping && canKeep;
  const problem = willKeep && !action.isBusy ? findSnapshotNameProblem(keptName, names) : null;
  const origin = info.snapshots.find(({ id }) => id === info.current);

  const restore = async () => {
    if (problem !== null) return;
    setAsked({ isChanged, name: keptName });
    const choice = !isChanged
      ? null
      : willKeep
        ? ({ present: 'keep', as: keptName.trim() } as const)
        : ({ present: 'discard' } as const);
    if (await action.run(() => snapshotActions.restore(machine, snapshot.id, choice))) onClose();
  };

  return (
    <Modal opened onClose={onClose} title={`Restore “${snapshot.name}”?`} size={500}>
      <form
        className="dialog-column"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void restore();
        }}
      >
        <Text>
          {machine.name} goes back to where it was{' '}
          <time dateTime={snapshot.createdAt} title={new Date(snapshot.createdAt).toLocaleString()}>
            {formatAgo(snapshot.createdAt, now)}
          </time>
          : disks, firmware and settings. {describeAfter(snapshot)}
        </Text>
        {isOn ? (
          <Notice
            tone="warn"
            title={`${machine.name} is ${machine.state === 'paused' ? 'paused' : 'running'} now.`}
            hint="It is stopped at once for this."
          />
        ) : null}
        {isChanged ? (
          <Radio.Group
            label={origin === undefined ? 'The present is kept nowhere' : `The present has changed since “${origin.name}”`}
            value={willKeep ? 'keep' : 'discard'}
            onChange={(value) => setKeeping(value === 'keep')}
            className="choice-list"
          >
            <Radio
              value="keep"
              {...(canKeep ? { 'data-autofocus': true } : {})}
              disabled={action.isBusy || !canKeep}
              label="Snapshot it first"
              description={info.problem?.message ?? 'It stays in the tree, and you can come back to it.'}
            />
            {willKeep ? (
              <TextInput
                className="choice-detail"
                aria-label="Name of the snapshot of the present"
                value={keptName}
                error={problem}
                disabled={action.isBusy}
                autoComplete="off"
                onChange={(event) => setTyped(event.currentTarget.value)}
              />
            ) : null}
            <Radio
              value="discard"
              disabled={action.isBusy}
              label="Throw it away"
              description={`${formatBytes(info.presentBytes)} on disk are lost for good${isOn || machine.state === 'suspended' ? ', and what is in its memory' : ''}.`}
            />
          </Radio.Group>
        ) : (
          <Text c="dimmed">
            {origin === undefined
              ? 'Nothing has changed, so nothing is lost.'
              : `Nothing has changed since “${origin.name}”, so nothing is lost.`}
          </Text>
        )}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot
          action={action}
          confirm={!isChanged ? 'Restore' : willKeep ? 'Snapshot and restore' : 'Throw away and restore'}
          isDangerous={isChanged && !willKeep}
          isDisabled={problem !== null}
          isFirst={!isChanged}
          onClose={onClose}
        />
      </form>
    </Modal>
  );
}

function describeAfter({ state }: SnapshotInfo): string {
  switch (state) {
    case 'running':
      return 'It runs on from that moment, with all that was in its memory.';
    case 'paused':
      return 'It comes back paused, with all that was in its memory.';
    case 'off':
      return 'It was off then, and is off afterwards.';
  }
}
