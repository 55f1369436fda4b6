import { Button, Modal, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleMinus, IconCircleX } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { CheckResult, Image, ImageFinding } from '../../../contract/image.ts';
import { useApp } from '../../ui/app-context.tsx';
import { DoneFoot } from '../../ui/done-foot.tsx';
import { formatCount } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { findName, nameFully } from './image-words.ts';
import { useImageTask } from './use-image-task.ts';

/** Looks for damage in an image and what it builds on, and repairs the image when told to. */
export function CheckDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const { imageActions } = useApp();
  const action = useImageTask(image);
  const [result, setResult] = useState<CheckResult | null>(null);
  const { run } = action;
  const check = (repair?: 'leaks' | 'all') => run(async () => setResult(await imageActions.check(image, repair)));
  const hasBegun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the dialog begins by itself, once
  useEffect(() => {
    if (hasBegun.current) return;
    hasBegun.current = true;
    void check();
  }, []);
  const first = result?.findings[0];
  const canRepair = result !== null && !result.isInUse && image.format === 'qcow2';
  const repair = !canRepair ? null : first?.status === 'leaks' ? 'leaks' : first?.status === 'corrupt' ? 'all' : null;

  return (
    <Modal opened onClose={onClose} title={`Check ${nameFully(image)}`} size={560}>
      <div className="dialog-column">
        {result === null && action.error === null ? <Text>Looking for damage in the image and all it builds on.</Text> : null}
        {result === null ? null : (
          <ul className="image-findings" aria-label="Findings">
            {result.findings.map((finding) => (
              <Finding key={finding.file} finding={finding} />
            ))}
          </ul>
        )}
        {result?.isInUse === true ? (
          <Notice
            tone="info"
            title={`${image.machine?.name} writes to it at this moment.`}
            hint="What was found may be a write that was under way. Nothing can be repaired now."
          />
        ) : null}
        {result?.repaired == null ? null : (
          <Notice
            tone="info"
            title="The image is repaired."
            hint={result.repaired.original === null ? undefined : `The damaged original is kept: ${result.repaired.original}`}
          />
        )}
        {repair === 'all' ? (
          <Text c="dimmed">
            It is repaired on a copy, which then takes its place. Some data may be lost; the damaged original is kept.
          </Text>
        ) : null}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        {action.isBusy || result === null ? (
          <TaskFoot action={action} confirm="Check" onConfirm={() => void check()} isFirst={false} onClose={onClose} />
        ) : (
          <DoneFoot onClose={onClose}>
            {repair === null ? null : (
              <Button onClick={() => void check(repair)}>{repair === 'leaks' ? 'Give the space back' : 'Repair'}</Button>
            )}
          </DoneFoot>
        )}
      </div>
    </Modal>
  );
}

const looks = {
  clean: { icon: IconCircleCheck, tone: 'good' },
  leaks: { icon: IconAlertTriangle, tone: 'warn' },
  corrupt: { icon: IconCircleX, tone: 'bad' },
  unreadable: { icon: IconCircleX, tone: 'bad' },
  unchecked: { icon: IconCircleMinus, tone: 'none' },
} as const;

function Finding({ finding }: { finding: ImageFinding }) {
  const { icon: StatusIcon, tone } = looks[finding.status];
  return (
    <li data-tone={tone}>
      <StatusIcon size={18} stroke={1.75} aria-hidden />
      <div>
        <div className="image-finding">{describeFinding(finding)}</div>
        <div className="mono" title={finding.file}>
          {findName(finding.file)}
        </div>
      </div>
    </li>
  );
}

function describeFinding({ status, corruptions, checkErrors, leaks, reason }: ImageFinding): string {
  switch (status) {
    case 'clean':
      return 'No damage found';
    case 'leaks':
      return `${formatCount(leaks, 'cluster')} taken that nothing uses; harmless, but it wastes space`;
    case 'corrupt':
      return `Corrupt: ${formatCount(corruptions + checkErrors, 'error')}`;
    case 'unchecked':
      return `Not checked: ${reason}`;
    case 'unreadable':
      return `Cannot be used: ${reason}`;
  }
}
