import { Checkbox, Loader, Modal, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { DeletePlan, SnapshotInfo, TimelineInfo } from '../../../contract/snapshot.ts';
import { listDescendants } from '../../state/list-descendants.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { DeletePlanView } from './delete-plan-view.tsx';

/** Shows what deleting a snapshot does to which files, and does it when told to. */
export function DeleteSnapshotDialog({
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
  const { client, snapshotActions } = useApp();
  const revision = useMachines((state) => state.revisions.get(machine.id));
  const [withDescendants, setDescendants] = useState(false);
  const [plan, setPlan] = useState<DeletePlan | null>(null);
  const { run: look, error: lookError } = useAction();
  const action = useTaskAction(machine.id);
  const descendants = listDescendants(info.snapshots, snapshot.id);
  const isDoubtful = plan === null || plan.snapshots.length === 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed machine may have another plan; one that is being carried out stays
  useEffect(() => {
    if (action.isBusy) return;
    let isOld = false;
    const input = { machine: machine.id, snapshot: snapshot.id, descendants: withDescendants };
    client.call.snapshot.plan(input).then(
      (next) => {
        if (!isOld) setPlan(next);
      },
      (error: unknown) => {
        if (!isOld) void look(() => Promise.reject(error));
      },
    );
    return () => {
      isOld = true;
    };
  }, [client, look, machine.id, snapshot.id, withDescendants, revision]);

  const remove = async () => {
    if (await action.run(() => snapshotActions.remove(machine.id, snapshot.id, withDescendants))) onClose();
  };
  const count = withDescendants ? descendants.length + 1 : 1;

  return (
    <Modal opened onClose={onClose} title={`Delete “${snapshot.name}”?`} size={560}>
      <div className="dialog-column">
        <Text>
          {count === 1 ? 'This state cannot be gone back to any more.' : `These ${count} states cannot be gone back to any more.`}{' '}
          {machine.name} itself stays as it is
          {descendants.length > 0 && !withDescendants ? ', and so do the snapshots that grew from this one' : ''}.
        </Text>
        {descendants.length === 0 ? null : (
          <Checkbox
            checked={withDescendants}
            disabled={action.isBusy}
            onChange={(event) => setDescendants(event.currentTarget.checked)}
            label={`Also delete the ${formatCount(descendants.length, 'snapshot')} that grew from it`}
            description={listNames(descendants)}
          />
        )}
        {plan === null ? (
          lookError === null ? (
            <div role="status" className="plan-looking">
              <Loader size={14} /> Looking at what this does to the disks
            </div>
          ) : null
        ) : (
          <DeletePlanView plan={plan} />
        )}
        {lookError === null ? null : <ErrorNotice error={lookError} />}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot
          action={action}
          confirm={count === 1 ? 'Delete' : `Delete ${count} snapshots`}
          isDangerous
          isDisabled={isDoubtful}
          onConfirm={() => void remove()}
          onClose={onClose}
        />
      </div>
    </Modal>
  );
}

const shownNames = 5;

function listNames(snapshots: readonly SnapshotInfo[]): string {
  const names = snapshots.slice(0, shownNames).map(({ name }) => name);
  const hidden = snapshots.length - names.length;
  return `${names.join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`;
}
