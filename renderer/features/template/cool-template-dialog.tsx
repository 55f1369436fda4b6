import { Modal, Text } from '@mantine/core';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';

/** Asks before a template's frozen memory is thrown away. */
export function CoolTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const action = useTaskAction(template.id);
  const cool = async () => {
    if (await action.run(() => templateActions.makeCold(template.id))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Make ${template.name} cold?`} size={440}>
      <div className="dialog-column">
        <Text>
          Its frozen memory{template.memoryBytes === 0 ? '' : `, ${formatBytes(template.memoryBytes)},`} is destroyed, and its
          machines boot from then on. The disks stay, and it can be warmed again
          {template.readyWhen === null ? ' by booting it' : ''}. Machines that run are not touched.
        </Text>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Make cold" isDangerous onConfirm={() => void cool()} onClose={onClose} />
      </div>
    </Modal>
  );
}
