import { ActionIcon, Button, Input, NumberInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { maxDisks } from '../../../contract/machine.ts';

/** Disks beyond the first, by their sizes in GiB. */
export function ExtraDisksField({
  value,
  error,
  onChange,
}: {
  value: readonly (number | '')[];
  error?: ReactNode;
  onChange: (sizes: readonly (number | '')[]) => void;
}) {
  return (
    <Input.Wrapper
      label="Additional disks"
      description="Empty at first; they take room on this host only as they fill."
      error={error}
    >
      <fieldset className="extra-disks" aria-label="Additional disks">
        {value.map((size, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity while they are edited
          <div className="extra-disks-row" key={index}>
            <NumberInput
              aria-label={`Size of additional disk ${index + 1} in GiB`}
              placeholder="size, e.g. 20"
              suffix=" GiB"
              value={size}
              min={0}
              error={error !== undefined && (size === '' || size <= 0)}
              onChange={(next) => onChange(value.map((one, at) => (at === index ? (typeof next === 'number' ? next : '') : one)))}
            />
            <ActionIcon
              aria-label={`Remove additional disk ${index + 1}`}
              onClick={() => onChange(value.filter((_, at) => at !== index))}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        ))}
        {value.length < maxDisks ? (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange([...value, 20])}
          >
            Add a disk
          </Button>
        ) : null}
      </fieldset>
    </Input.Wrapper>
  );
}
