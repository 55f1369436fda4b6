import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import type { HostFacts } from '../../contract/host.ts';
import type { AcceleratorChoice } from '../../contract/machine.ts';

/** What runs a machine's CPUs, with what "automatic" means on this host. */
export function AcceleratorSelect({
  value,
  facts,
  error,
  onChange,
}: {
  value: AcceleratorChoice;
  facts: HostFacts | null;
  error?: ReactNode;
  onChange: (accelerator: AcceleratorChoice) => void;
}) {
  return (
    <Select
      label="Accelerator"
      allowDeselect={false}
      data={[
        { value: 'auto', label: `Automatic${facts === null ? '' : ` (${facts.accelerator.toUpperCase()} here)`}` },
        { value: 'kvm', label: 'KVM, on the processor' },
        { value: 'tcg', label: 'TCG, in software' },
      ]}
      value={value}
      error={error}
      onChange={(accelerator) => onChange((accelerator ?? 'auto') as AcceleratorChoice)}
    />
  );
}
