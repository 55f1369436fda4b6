import { Modal, Text } from '@mantine/core';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { joinNames } from './join-names.ts';
import { useRelations } from './use-relations.ts';

/** Makes a linked clone independent of the machine it was made from. */
export function DetachDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { actions } = useApp();
  const relations = useRelations(machine.id);
  const action = useTaskAction(machine.id);
  const origins = relations === null || relations.buildsOn.length === 0 ? 'another machine' : joinNames(relations.buildsOn);
  const detach = async () => {
    if (await action.run(() => actions.detach(machine))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Make ${machine.name} independent?`} size={480}>
      <div className="dialog-column">
        <Text>
          {machine.name} reads part of its disks from those of {origins}. That part is copied into its own files; afterwards
          neither needs the other. It takes the space and the time of a copy.
        </Text>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Make independent" onConfirm={() => void detach()} onClose={onClose} />
      </div>
    </Modal>
  );
}
