import { Checkbox, Select } from '@mantine/core';
import type { AppErrorData } from '../../../contract/app-error.ts';
import { type ImageFormat, imageFormats } from '../../../contract/image.ts';
import { SaveField } from '../host/save-field.tsx';
import { replaceEnding } from './image-words.ts';

/** A new image while it is asked for. */
export interface TargetValues {
  readonly file: string;
  readonly format: ImageFormat;
  readonly isReplacing: boolean;
}

/** What is wrong with the path of a new image; undefined when nothing is. */
export function findTargetProblem(file: string): string | undefined {
  if (!file.startsWith('/')) return 'Write the whole path, beginning with “/”.';
  return file.endsWith('/') ? 'Add the name of the file.' : undefined;
}

/** Where a new image goes, and what it is to be. The ending follows the format as long as it is one of ours. */
export function TargetFields({
  values,
  problem,
  error,
  isDisabled,
  onChange,
  onChooserToggle,
}: {
  values: TargetValues;
  problem: string | undefined;
  error: AppErrorData | null;
  isDisabled: boolean;
  onChange: (patch: Partial<TargetValues>) => void;
  onChooserToggle: (isOpen: boolean) => void;
}) {
  return (
    <>
      <Select
        label="Format"
        allowDeselect={false}
        disabled={isDisabled}
        data={imageFormats.map((format) => ({ value: format, label: formatLabels[format] }))}
        value={values.format}
        onChange={(value) => {
          const format = imageFormats.find((known) => known === value) ?? 'qcow2';
          onChange({ format, file: replaceEnding(values.file, format), isReplacing: false });
        }}
      />
      <SaveField
        label="Save as"
        value={values.file}
        error={problem}
        isDisabled={isDisabled}
        onChange={(file) => onChange({ file, isReplacing: false })}
        onChooserToggle={onChooserToggle}
      />
      {error?.code === 'file-exists' || values.isReplacing ? (
        <Checkbox
          label="Replace the file that is there"
          checked={values.isReplacing}
          disabled={isDisabled}
          onChange={(event) => onChange({ isReplacing: event.currentTarget.checked })}
        />
      ) : null}
    </>
  );
}

const formatLabels: Record<ImageFormat, string> = {
  qcow2: 'qcow2, QEMU’s own',
  raw: 'raw, the bare bytes',
  vmdk: 'VMDK, of VMware',
  vdi: 'VDI, of VirtualBox',
  vhdx: 'VHDX, of Hyper-V',
  vpc: 'VHD, of older Hyper-V and Azure',
};
