import { Checkbox, Modal, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { AmountField } from '../../ui/amount-field.tsx';
import { diskStepsGiB } from '../../ui/amount-steps.ts';
import { useApp, useHost } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { findTargetProblem, TargetFields, type TargetValues } from './target-fields.tsx';
import { useImageTask } from './use-image-task.ts';

const gib = 1024 ** 3;

/** Makes an empty image of no machine. */
export function NewImageDialog({ onClose }: { onClose: () => void }) {
  const { imageActions } = useApp();
  const facts = useHost((state) => state.facts);
  const [patch, setPatch] = useState<Partial<TargetValues>>({});
  const [sizeGiB, setSizeGiB] = useState<number | ''>(20);
  const [isReserved, setReserved] = useState(false);
  const [isTried, setTried] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const values: TargetValues = { file: `${facts?.home ?? ''}/disk.qcow2`, format: 'qcow2', isReplacing: false, ...patch };
  const action = useImageTask({ machine: null, file: values.file });
  const problem = findTargetProblem(values.file);
  const size = sizeGiB === '' ? 0 : Math.round(sizeGiB * gib);
  const sizeProblem = size <= 0 ? 'Give the size.' : size > 65_536 * gib ? 'A disk has at most 65536 GiB.' : undefined;
  const canReserve = values.format === 'qcow2' || values.format === 'raw';

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem !== undefined || sizeProblem !== undefined) return;
    const { file, format, isReplacing } = values;
    const isDone = await action.run(() =>
      imageActions.create({ file, format, size, force: isReplacing, preallocate: isReserved && canReserve }),
    );
    if (!isDone) return;
    onClose();
    showToast({ title: 'The image is made', message: `${file}, ${formatBytes(size)}.` });
  };

  return (
    <Modal opened onClose={onClose} title="New disk image" size={560} closeOnEscape={!isChooserOpen} trapFocus={!isChooserOpen}>
      <form className="dialog-column" onSubmit={(event) => void create(event)} noValidate>
        <Text>An empty disk of no machine. A new machine brings disks of its own; this is for other programs.</Text>
        <TargetFields
          values={values}
          problem={isTried ? problem : undefined}
          error={action.error}
          isDisabled={action.isBusy}
          onChange={(touched) => {
            action.clearError();
            setPatch((before) => ({ ...before, ...touched }));
          }}
          onChooserToggle={setChooserOpen}
        />
        <AmountField
          label="Size"
          unit="GiB"
          value={sizeGiB}
          steps={diskStepsGiB}
          min={0.001}
          note={isReserved && canReserve ? 'All of it is taken now.' : 'It takes room only as it fills.'}
          error={isTried || sizeGiB === '' ? sizeProblem : undefined}
          onChange={setSizeGiB}
        />
        {canReserve ? (
          <Checkbox
            label="Reserve all of its space now"
            checked={isReserved}
            disabled={action.isBusy}
            onChange={(event) => setReserved(event.currentTarget.checked)}
          />
        ) : null}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Create" onClose={onClose} />
      </form>
    </Modal>
  );
}
