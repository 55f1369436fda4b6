import { NumberInput, Slider } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import './amount-field.css';

/** An amount: dragged along sensible steps, or typed exactly. A dialog begins at its number, unless it has something to begin at above. */
export function AmountField({
  label,
  unit,
  value,
  steps,
  min = 1,
  max,
  note,
  error,
  onChange,
}: {
  label: string;
  unit: string;
  value: number | '';
  steps: readonly number[];
  min?: number;
  max?: number;
  note?: ReactNode;
  error?: ReactNode;
  onChange: (value: number | '') => void;
}) {
  const id = useId();
  return (
    <div className="amount">
      <label className="amount-label mantine-InputWrapper-label" htmlFor={id}>
        {label}
      </label>
      <Slider
        className="amount-slider"
        min={0}
        max={steps.length - 1}
        value={findNearestStep(steps, value === '' ? min : value)}
        onChange={(index) => onChange(steps[index] ?? min)}
        label={null}
        size={4}
        thumbSize={16}
        thumbLabel={`${label} in steps`}
        aria-hidden={false}
      />
      <NumberInput
        id={id}
        className="amount-number"
        value={value}
        onChange={(next) => onChange(next === '' || typeof next === 'number' ? next : Number(next))}
        min={min}
        {...(max === undefined ? {} : { max })}
        clampBehavior="none"
        allowNegative={false}
        suffix={unit === '' ? '' : ` ${unit}`}
        error={error !== undefined && error !== null}
        aria-describedby={`${id}-note`}
        data-autofocus
      />
      <div
        id={`${id}-note`}
        className="amount-note"
        data-error={error !== undefined && error !== null}
        role={error == null ? undefined : 'alert'}
      >
        {error ?? note}
      </div>
    </div>
  );
}

function findNearestStep(steps: readonly number[], value: number): number {
  let best = 0;
  for (const [index, step] of steps.entries()) if (Math.abs(step - value) < Math.abs((steps[best] ?? 0) - value)) best = index;
  return best;
}
