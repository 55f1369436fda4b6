import { Button, TextInput } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { FileChooser } from './file-chooser.tsx';

/**
 * The path of a file to be made on the host: typed, its folder chosen from those there are. A dialog begins at it, unless it has
 * something to begin at above.
 */
export function SaveField({
  label,
  description,
  value,
  error,
  isDisabled = false,
  onChange,
  onChooserToggle,
}: {
  label: string;
  description?: ReactNode;
  value: string;
  error?: ReactNode;
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
        placeholder="/path/to/file"
        value={value}
        error={error}
        disabled={isDisabled}
        spellCheck={false}
        autoComplete="off"
        data-autofocus
        onChange={(event) => onChange(event.currentTarget.value)}
        rightSectionWidth={78}
        rightSection={
          <Button
            variant="light"
            color="gray"
            size="compact-sm"
            disabled={isDisabled}
            onClick={() => toggle(true)}
            aria-describedby={labelId}
          >
            Folder…
          </Button>
        }
      />
      {isChoosing ? (
        <FileChooser
          title={`${label}: folder`}
          kind="folder"
          start={value}
          onClose={() => toggle(false)}
          onChoose={(folder) => {
            toggle(false);
            onChange(`${folder === '/' ? '' : folder}/${value.slice(value.lastIndexOf('/') + 1)}`);
          }}
        />
      ) : null}
    </>
  );
}
