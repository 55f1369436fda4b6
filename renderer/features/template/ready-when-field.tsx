import { NumberInput, Select, TextInput } from '@mantine/core';
import type { ReadyKind, ReadyValues } from './ready-when.ts';
import './template-dialogs.css';

const words: Record<Exclude<ReadyKind, 'person'>, string> = {
  agent: 'Its guest agent answers',
  ssh: 'SSH answers on a forwarded port',
  serial: 'A text is on its serial line',
};

/** The condition that says that a boot is ready. */
export function ReadyWhenField({
  label,
  description,
  values,
  kinds,
  personWords = '',
  problem,
  isDisabled,
  withTimeout,
  onChange,
}: {
  label: string;
  description: string;
  values: ReadyValues;
  kinds: readonly ReadyKind[];
  /** How it is said that no condition is meant. */
  personWords?: string;
  problem: string | null;
  isDisabled: boolean;
  withTimeout: boolean;
  onChange: (values: ReadyValues) => void;
}) {
  return (
    <div className="ready-when">
      <Select
        label={label}
        description={description}
        data={kinds.map((value) => ({ value, label: value === 'person' ? personWords : words[value] }))}
        value={values.kind}
        allowDeselect={false}
        disabled={isDisabled}
        onChange={(kind) => onChange({ ...values, kind: kinds.find((known) => known === kind) ?? values.kind })}
      />
      {values.kind === 'serial' ? (
        <TextInput
          label="Text on the serial line"
          placeholder="login:"
          value={values.text}
          error={problem}
          disabled={isDisabled}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange({ ...values, text: event.currentTarget.value })}
        />
      ) : null}
      {withTimeout && values.kind !== 'person' ? (
        <NumberInput
          label="Give up after"
          suffix=" min"
          value={values.minutes}
          min={0}
          error={values.kind === 'serial' ? undefined : problem}
          disabled={isDisabled}
          onChange={(minutes) => onChange({ ...values, minutes: typeof minutes === 'number' ? minutes : '' })}
        />
      ) : null}
    </div>
  );
}
