import { Button, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { FileChooser } from './file-chooser.tsx';
import type { FileKind } from './list-files.ts';

export interface PathFieldProps {
  label: string;
  description?: ReactNode;
  placeholder?: string;
  value: string;
  error?: ReactNode;
  isRequired?: boolean;
  isDisabled?: boolean;
  onChange: (path: string) => void;
  /** A dialog around the field must not close by the Escape that closes the chooser. */
  onChooserToggle?: (isOpen: boolean) => void;
}

/** A path of the host, typed or with the help of a chooser. A dialog begins at it, unless it has something to begin at above. */
export function PathField({
  label,
  description,
  placeholder = '/path/to/file',
  value,
  error,
  isRequired = false,
  isDisabled = false,
  onChange,
  onChooserToggle,
  chooser,
}: PathFieldProps & {
  chooser: { button: ReactNode; buttonWidth: number; title: string; kind: FileKind; apply: (chosen: string) => string };
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
        placeholder={placeholder}
        value={value}
        error={error}
        withAsterisk={isRequired}
        disabled={isDisabled}
        spellCheck={false}
        autoComplete="off"
        data-autofocus
        onChange={(event) => onChange(event.currentTarget.value)}
        rightSectionWidth={chooser.buttonWidth}
        rightSection={
          <Button
            variant="light"
            color="gray"
            size="compact-sm"
            disabled={isDisabled}
            onClick={() => toggle(true)}
            aria-describedby={labelId}
          >
            {chooser.button}
          </Button>
        }
      />
      {isChoosing ? (
        <FileChooser
          title={chooser.title}
          kind={chooser.kind}
          start={value}
          onClose={() => toggle(false)}
          onChoose={(path) => {
            toggle(false);
            onChange(chooser.apply(path));
          }}
        />
      ) : null}
    </>
  );
}
