import { Modal, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatMemory } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { buildReadyWhen, findReadyProblem, parseReadyWhen } from './ready-when.ts';
import { ReadyWhenField } from './ready-when-field.tsx';
import { describeReason } from './template-words.ts';

/** Boots a template once and freezes its memory when it is ready. */
export function WarmTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const action = useTaskAction(template.id);
  const [ready, setReady] = useState(() => parseReadyWhen(template.readyWhen ?? 'agent'));
  const [isTried, setTried] = useState(false);
  const problem = findReadyProblem(ready);
  const warm = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem !== null) return;
    const wish = { readyWhen: buildReadyWhen(ready), timeoutSeconds: Number(ready.minutes) * 60 };
    if (!(await action.run(() => templateActions.warm(template.id, wish)))) return;
    showToast({ title: `${template.name} is warm`, message: 'Its machines are there at once from now on.' });
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={`${template.warmth === 'warm' ? 'Warm' : 'Warm up'} ${template.name}${template.warmth === 'warm' ? ' anew' : ''}`}
      size={480}
    >
      <form className="dialog-column" onSubmit={(event) => void warm(event)} noValidate>
        {template.reason === null ? null : <Notice tone="warn" title={describeReason(template.reason)} />}
        <Text>
          It is booted once from its disks. When it is ready its memory is frozen, at most {formatMemory(template.memoryMiB)} on
          this host, and its machines go on from there. Machines that run go on as they are.
        </Text>
        <ReadyWhenField
          label="It is ready when"
          description="The memory is frozen at that moment."
          values={ready}
          kinds={['agent', 'ssh', 'serial']}
          problem={isTried ? problem : null}
          isDisabled={action.isBusy}
          withTimeout
          onChange={(values) => {
            action.clearError();
            setReady(values);
          }}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Warm up" isFirst onClose={onClose} />
      </form>
    </Modal>
  );
}
