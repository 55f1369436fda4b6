import { Checkbox, Modal, Radio, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Image } from '../../../contract/image.ts';
import { useApp, useHost, useMachines } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { nameFully, nameImage } from './image-words.ts';
import { findTargetProblem, TargetFields, type TargetValues } from './target-fields.tsx';
import { useImageTask } from './use-image-task.ts';

/** Copies an image of Bothy's into a new one, or makes a machine's raw disk qcow2 in its place. */
export function ConvertDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const { imageActions } = useApp();
  const home = useHost((state) => state.facts?.home ?? '');
  const state = useMachines(({ byId }) => (image.machine === null ? undefined : byId.get(image.machine.id)?.state));
  const action = useImageTask(image);
  const [patch, setPatch] = useState<Partial<TargetValues>>({});
  const [isCompressed, setCompressed] = useState(false);
  const canStay = image.role === 'present' && image.format === 'raw';
  const [isInPlace, setInPlace] = useState(canStay);
  const [isTried, setTried] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const isOn = image.role === 'present' && (state === 'running' || state === 'paused' || state === 'starting');
  const values: TargetValues = { file: `${home}/${suggestName(image)}.qcow2`, format: 'qcow2', isReplacing: false, ...patch };
  const problem = isInPlace ? undefined : findTargetProblem(values.file);

  const change = (touched: Partial<TargetValues>) => {
    action.clearError();
    setPatch((before) => ({ ...before, ...touched }));
  };
  const convert = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem !== undefined) return;
    const { file, format, isReplacing } = values;
    const compress = isCompressed && format === 'qcow2';
    const input = isInPlace ? { format: 'qcow2' as const } : { to: file, format, compress, force: isReplacing };
    const isDone = await action.run(async () => {
      const { notices, actualSize, file: made } = await imageActions.convert(image.file, input);
      showToast({
        title: `${nameFully(image)} is converted`,
        message: [`${made}, ${formatBytes(actualSize)}.`, ...notices].join(' '),
      });
    });
    if (isDone) onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={`Convert ${nameFully(image)}`}
      size={560}
      closeOnEscape={!isChooserOpen}
      trapFocus={!isChooserOpen}
    >
      <form className="dialog-column" onSubmit={(event) => void convert(event)} noValidate>
        {isOn ? (
          <Notice
            tone="warn"
            title={`${image.machine?.name} writes to it at this moment.`}
            hint="Shut it down first, or take a snapshot and convert that."
          />
        ) : null}
        {canStay ? (
          <Radio.Group
            value={isInPlace ? 'here' : 'file'}
            onChange={(value) => setInPlace(value === 'here')}
            className="choice-list"
          >
            <Radio
              value="here"
              label="Make it qcow2 in its place"
              description="Then the machine can have snapshots. Nothing else changes for it."
              disabled={action.isBusy}
            />
            <Radio value="file" label="Copy it into another file" disabled={action.isBusy} />
          </Radio.Group>
        ) : (
          <Text>
            The copy holds all that {nameImage(image)} holds{image.backingFile === null ? '' : ', with what it builds on'}, and
            needs no other file. The image itself stays.
          </Text>
        )}
        {isInPlace ? null : (
          <>
            <TargetFields
              values={values}
              problem={isTried ? problem : undefined}
              error={action.error}
              isDisabled={action.isBusy}
              onChange={change}
              onChooserToggle={setChooserOpen}
            />
            {values.format === 'qcow2' ? (
              <Checkbox
                label="Compress"
                description="Smaller, and slower to make and to read."
                checked={isCompressed}
                disabled={action.isBusy}
                onChange={(event) => setCompressed(event.currentTarget.checked)}
              />
            ) : null}
          </>
        )}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Convert" isDisabled={isOn} onClose={onClose} />
      </form>
    </Modal>
  );
}

/** A file name that tells what it is a copy of. */
function suggestName(image: Image): string {
  const words = [image.machine?.name, image.snapshots[0]?.name, image.device];
  return words.flatMap((word) => word?.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') ?? []).join('-') || 'disk';
}
