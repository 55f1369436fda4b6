import { Modal, Text } from '@mantine/core';
import { useState } from 'react';
import type { CompactResult, Image } from '../../../contract/image.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { DoneFoot } from '../../ui/done-foot.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { joinNames } from '../machine/join-names.ts';
import { nameFully } from './image-words.ts';
import { useImageTask } from './use-image-task.ts';

/** Gives back what an image takes and does not need. */
export function CompactDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const { imageActions } = useApp();
  const machines = useMachines((state) => state.byId);
  const action = useImageTask(image);
  const [result, setResult] = useState<CompactResult | null>(null);
  const running = image.usedBy.filter(({ id }) => ['running', 'paused', 'starting'].includes(machines.get(id)?.state ?? ''));

  const compact = () => action.run(async () => setResult(await imageActions.compact(image)));

  return (
    <Modal opened onClose={onClose} title={`Compact ${nameFully(image)}`} size={520}>
      <div className="dialog-column">
        {result === null ? (
          <>
            <Text>
              It is written anew without the space it does not need, and then takes its own place. What is on it stays the same;
              it takes {formatBytes(image.actualSize)} now. Until it is done the new copy needs room too.
            </Text>
            <Text c="dimmed">In a Linux guest, fstrim -a first tells what is not needed any more.</Text>
          </>
        ) : result.freedBytes === 0 ? (
          <Notice tone="info" title={`There is nothing to gain: all of its ${formatBytes(result.actualSize)} are needed.`} />
        ) : (
          <Notice
            tone="info"
            title={`${formatBytes(result.freedBytes)} are free again.`}
            hint={`It takes ${formatBytes(result.actualSize)} instead of ${formatBytes(result.actualSizeBefore)}.`}
          />
        )}
        {running.length > 0 && result === null ? (
          <Notice
            tone="warn"
            title={`${joinNames(running)} ${running.length === 1 ? 'has' : 'have'} it open.`}
            hint={running.length === 1 ? 'Shut it down first.' : 'Shut them down first.'}
          />
        ) : null}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        {result === null ? (
          <TaskFoot
            action={action}
            confirm="Compact"
            isDisabled={running.length > 0}
            onConfirm={() => void compact()}
            onClose={onClose}
          />
        ) : (
          <DoneFoot onClose={onClose} />
        )}
      </div>
    </Modal>
  );
}
