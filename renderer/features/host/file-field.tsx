import { Button, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { FileChooser } from './file-chooser.tsx';
import type { FileKind } from './list-files.ts';

/** A path of the host: typed, or chosen from its folders. A dialog begins at it, unless it has something to begin at above. */
export function FileField({
  label,
  description,
  placeholder,
  kind,
  value,
  error,
  isRequired = false,
  isDisabled = false,
  onChange,
  onChooserToggle,
}: {
  label: string;
  description?: ReactNode;
  placeholder?: string;
  kind: FileKind;
  value: string;
  error?: ReactNode;
  isRequired?: boolean;
  isDisabled?: boolean;
  onChange: (path: string) => void;
  /** A dialog around the field must not close by the Escape that closes the chooser. */
  onChooserToggle?: (isOpen: boolean) => void;
}) {
  const [isChoosing, setChoosing] = useState(false);
  const labelId = useId();
  const toggle = (isOpen: boolean) => {
    setChoosing(isOpen);
    onChooserToggle?.(isOpen);
  };
  return (
    <>
      <TextInput
        label={label}
        labelProps={{ id: labelId }}
        description={description}
        placeholder={placeholder ?? '/path/to/file'}
        value={value}
        error={error}
        withAsterisk={isRequired}
        disabled={isDisabled}
        spellCheck={false}
        autoComplete="off"
        data-autofocus
        onChange={(event) => onChange(event.currentTarget.value)}
        rightSectionWidth={86}
        rightSection={
          <Button
            variant="light"
            color="gray"
            size="compact-sm"
            disabled={isDisabled}
            onClick={() => toggle(true)}
            aria-describedby={labelId}
          >
            Choose…
          </Button>
        }
      />
      {isChoosing ? (
        <FileChooser
          title={label}
          kind={kind}
          start={value}
          onClose={() => toggle(false)}
          onChoose={(path) => {
            toggle(false);
            onChange(path);
          }}
        />
      ) : null}
    </>
  );
}
