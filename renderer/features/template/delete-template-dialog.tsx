import { Modal, Text } from '@mantine/core';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { joinNames } from '../machine/join-names.ts';

/** Asks before a template is deleted, naming what builds on it, which is made independent first. */
export function DeleteTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const { usedBy } = template;
  const isOne = usedBy.length === 1;
  const action = useTaskAction(template.id, ...usedBy.map(({ id }) => id));
  const remove = async () => {
    if (await action.run(() => templateActions.remove(template.id, { detach: usedBy.length > 0 }))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Delete the template ${template.name}?`} size={480}>
      <div className="dialog-column">
        {usedBy.length === 0 ? null : (
          <Notice
            tone="warn"
            title={`${joinNames(usedBy)} ${isOne ? 'builds' : 'build'} on ${template.name}.`}
            hint={`${isOne ? 'It reads' : 'They read'} part of ${isOne ? 'its' : 'their'} disks from it. That part is copied first, which takes space and a while; ${isOne ? 'it goes' : 'they go'} on meanwhile.`}
          />
        )}
        <div>
          <Text>This destroys, for good:</Text>
          <ul className="destroy-list">
            <li>its disks, {formatBytes(template.diskBytes)}</li>
            {template.memoryBytes === 0 ? null : <li>its frozen memory, {formatBytes(template.memoryBytes)}</li>}
            {template.note === '' ? null : <li>its note</li>}
          </ul>
        </div>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot
          action={action}
          confirm={usedBy.length === 0 ? 'Delete' : `Make ${isOne ? 'it' : 'them'} independent, then delete`}
          isDangerous
          onConfirm={() => void remove()}
          onClose={onClose}
        />
      </div>
    </Modal>
  );
}
