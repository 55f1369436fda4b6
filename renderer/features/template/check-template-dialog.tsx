import { Modal, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { TemplateCheck, TemplateInfo } from '../../../contract/template.ts';
import { useApp } from '../../ui/app-context.tsx';
import { DoneFoot } from '../../ui/done-foot.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import './template-dialogs.css';

/** Reads every file of a template and tells what is wrong with it. */
export function CheckTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const action = useTaskAction(template.id);
  const [result, setResult] = useState<TemplateCheck | null>(null);
  const check = () => action.run(async () => setResult(await templateActions.check(template.id)));
  const hasBegun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the dialog begins by itself, once
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void check();
  }, []);
  return (
    <Modal opened onClose={onClose} title={`Check ${template.name}`} size={560}>
      <div className="dialog-column">
        {result === null && action.error === null ? (
          <Text>Every file of the template is read, and held against what it was when it was made.</Text>
        ) : null}
        {result === null ? null : (
          <ul className="template-findings" aria-label="Findings">
            {result.files.map(({ file, bytes, problem }) => (
              <li key={file} data-tone={problem === null ? 'good' : 'bad'}>
                {problem === null ? (
                  <IconCircleCheck size={18} stroke={1.75} role="img" aria-label="Whole" />
                ) : (
                  <IconCircleX size={18} stroke={1.75} role="img" aria-label="Damaged" />
                )}
                <div>
                  <code className="mono">{file}</code>
                  <span className="template-finding-size numeric">{formatBytes(bytes)}</span>
                  {problem === null ? null : <div className="template-finding-problem">{problem}</div>}
                </div>
              </li>
            ))}
          </ul>
        )}
        {result === null ? null : result.isWhole ? (
          <Notice tone="info" title="Everything in it is as it was made." />
        ) : (
          <Notice
            tone="bad"
            title="It is damaged."
            hint="A damaged memory is replaced by warming it up again. Damaged disks can only be had anew from a machine."
          />
        )}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        {action.isBusy || result === null ? (
          <TaskFoot action={action} confirm="Check" onConfirm={() => void check()} isFirst={false} onClose={onClose} />
        ) : (
          <DoneFoot onClose={onClose} />
        )}
      </div>
    </Modal>
  );
}
