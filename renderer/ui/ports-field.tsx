import { ActionIcon, Button, Input, NumberInput, Select } from '@mantine/core';
import { IconArrowRight, IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { PortRow } from './parse-ports.ts';
import './ports-field.css';

/** Ports of this host that lead into a machine. */
export function PortsField({
  value,
  error,
  description,
  onChange,
}: {
  value: readonly PortRow[];
  error?: ReactNode;
  description?: ReactNode;
  onChange: (rows: readonly PortRow[]) => void;
}) {
  const change = (index: number, patch: Partial<PortRow>) =>
    onChange(value.map((row, at) => (at === index ? { ...row, ...patch } : row)));
  const asPort = (next: string | number): number | '' => (typeof next === 'number' ? next : '');
  return (
    <Input.Wrapper
      label="Port forwards"
      description={description ?? 'A port of this host, and the port in the machine it leads to.'}
      error={error}
    >
      <fieldset className="ports" aria-label="Port forwards">
        {value.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity while they are edited
          <div className="ports-row" key={index}>
            <NumberInput
              aria-label={`Host port ${index + 1}`}
              placeholder="host, e.g. 2222"
              value={row.host}
              min={1}
              max={65535}
              hideControls
              onChange={(next) => change(index, { host: asPort(next) })}
            />
            <IconArrowRight size={16} aria-hidden />
            <NumberInput
              aria-label={`Machine port ${index + 1}`}
              placeholder="machine, e.g. 22"
              value={row.guest}
              min={1}
              max={65535}
              hideControls
              onChange={(next) => change(index, { guest: asPort(next) })}
            />
            <Select
              aria-label={`Protocol ${index + 1}`}
              data={['tcp', 'udp']}
              value={row.protocol}
              allowDeselect={false}
              onChange={(next) => change(index, { protocol: next === 'udp' ? 'udp' : 'tcp' })}
            />
            <ActionIcon aria-label={`Remove port ${index + 1}`} onClick={() => onChange(value.filter((_, at) => at !== index))}>
              <IconX size={16} />
            </ActionIcon>
          </div>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...value, { host: '', guest: '', protocol: 'tcp' }])}
        >
          Add a port
        </Button>
      </fieldset>
    </Input.Wrapper>
  );
}
