import { Checkbox, Modal, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { FileField } from '../host/file-field.tsx';
import { formatEndings } from './image-words.ts';
import { findTargetProblem, TargetFields, type TargetValues } from './target-fields.tsx';
import { useImageTask } from './use-image-task.ts';

/** Converts an image that is none of Bothy's. */
export function ConvertFileDialog({ onClose }: { onClose: () => void }) {
  const { imageActions } = useApp();
  const [source, setSource] = useState('');
  const [patch, setPatch] = useState<Partial<TargetValues>>({});
  const [isCompressed, setCompressed] = useState(false);
  const [isTried, setTried] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const format = patch.format ?? 'qcow2';
  const values: TargetValues = { file: suggestFile(source, formatEndings[format]), format, isReplacing: false, ...patch };
  const action = useImageTask({ machine: null, file: source.trim() });
  const sourceProblem = source.trim().startsWith('/') ? undefined : 'Choose the image to convert.';
  const problem = sourceProblem === undefined ? findTargetProblem(values.file) : undefined;

  const change = (touched: Partial<TargetValues>) => {
    action.clearError();
    // A name that only follows the source goes on doing so.
    const { file, ...rest } = touched;
    const isFollowing = patch.file === undefined && touched.format !== undefined;
    setPatch((before) => ({ ...before, ...rest, ...(file === undefined || isFollowing ? {} : { file }) }));
  };
  const convert = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (sourceProblem !== undefined || problem !== undefined) return;
    const compress = isCompressed && values.format === 'qcow2';
    const input = { to: values.file, format: values.format, compress, force: values.isReplacing };
    const isDone = await action.run(async () => {
      const { file, actualSize, notices } = await imageActions.convert(source.trim(), input);
      showToast({ title: 'The image is converted', message: [`${file}, ${formatBytes(actualSize)}.`, ...notices].join(' ') });
    });
    if (isDone) onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title="Convert a disk image"
      size={560}
      closeOnEscape={!isChooserOpen}
      trapFocus={!isChooserOpen}
    >
      <form className="dialog-column" onSubmit={(event) => void convert(event)} noValidate>
        <Text>It is copied into a new file; the image itself is only read.</Text>
        <FileField
          label="Disk image"
          kind="image"
          value={source}
          error={isTried ? sourceProblem : undefined}
          onChange={(path) => {
            action.clearError();
            setSource(path);
          }}
          onChooserToggle={setChooserOpen}
        />
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
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <TaskFoot action={action} confirm="Convert" onClose={onClose} />
      </form>
    </Modal>
  );
}

/** Beside the source, with the ending of the format. */
function suggestFile(source: string, ending: string): string {
  const path = source.trim();
  if (!path.startsWith('/')) return '';
  const stem = path.replace(/\.[a-z0-9]{2,6}$/i, '');
  return `${stem}${path === `${stem}.${ending}` ? '-copy' : ''}.${ending}`;
}
