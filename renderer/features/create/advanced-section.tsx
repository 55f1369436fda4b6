import { Checkbox, Collapse, SegmentedControl, Select, TagsInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { HostFacts } from '../../../contract/host.ts';
import type { Firmware } from '../../../contract/machine.ts';
import { countTags } from '../../state/filter-machines.ts';
import { AcceleratorSelect } from '../../ui/accelerator-select.tsx';
import { useMachines } from '../../ui/app-context.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { PortsField } from '../../ui/ports-field.tsx';
import type { CreateProblems, CreateValues } from './create-form.ts';
import { ExtraDisksField } from './extra-disks-field.tsx';

/** What most machines need not be told. */
export function AdvancedSection({
  values,
  problems,
  facts,
  isForcedOpen,
  onChange,
}: {
  values: CreateValues;
  problems: CreateProblems;
  facts: HostFacts | null;
  isForcedOpen: boolean;
  onChange: (patch: Partial<CreateValues>) => void;
}) {
  const [isAsked, setAsked] = useState(false);
  const machines = useMachines((state) => state.sorted);
  const isOpen = isAsked || isForcedOpen;
  const isOfTemplate = values.source === 'template';
  return (
    <div>
      <Disclosure isOpen={isOpen} onToggle={() => setAsked(!isOpen)}>
        Advanced
      </Disclosure>
      <Collapse expanded={isOpen}>
        <div className="advanced">
          {isOfTemplate ? null : (
            <>
              <div className="advanced-pair">
                <Select
                  label="Firmware"
                  allowDeselect={false}
                  data={[
                    ...(values.source === 'image' ? [{ value: 'auto', label: 'What the image was made for' }] : []),
                    { value: 'bios', label: 'BIOS' },
                    { value: 'uefi', label: 'UEFI', disabled: facts?.uefi === false },
                    { value: 'uefi-secure', label: 'UEFI with Secure Boot', disabled: facts?.uefi === false },
                  ]}
                  description={facts?.uefi === false ? 'UEFI needs OVMF on this host.' : undefined}
                  value={values.firmware ?? (values.source === 'image' ? 'auto' : 'bios')}
                  onChange={(firmware) => onChange({ firmware: firmware === 'auto' ? null : (firmware as Firmware | null) })}
                />
                <AcceleratorSelect
                  value={values.accelerator}
                  facts={facts}
                  onChange={(accelerator) => onChange({ accelerator })}
                />
              </div>
              <Checkbox
                label="TPM 2.0"
                description={
                  facts?.tpm === false
                    ? 'It needs swtpm on this host.'
                    : 'A security chip in software, as Windows 11 wants. Its keys are kept with the machine.'
                }
                disabled={facts?.tpm === false}
                checked={values.hasTpm && facts?.tpm !== false}
                onChange={(event) => onChange({ hasTpm: event.currentTarget.checked })}
              />
              <ExtraDisksField
                value={values.extraDisksGiB}
                error={problems.extraDisks}
                onChange={(extraDisksGiB) => onChange({ extraDisksGiB })}
              />
            </>
          )}
          <div>
            <div className="mantine-InputWrapper-label advanced-label">Network</div>
            <SegmentedControl
              aria-label="Network"
              size="xs"
              data={[
                { value: 'user', label: isOfTemplate ? 'As the template' : 'Behind this host' },
                { value: 'none', label: 'None' },
              ]}
              value={values.network}
              onChange={(network) => onChange({ network: network === 'none' ? 'none' : 'user' })}
            />
          </div>
          {values.network === 'user' ? (
            <PortsField value={values.ports} error={problems.ports} onChange={(ports) => onChange({ ports })} />
          ) : null}
          <TagsInput
            label="Tags"
            placeholder="Enter adds a tag"
            data={countTags(machines).map(({ tag }) => tag)}
            value={[...values.tags]}
            onChange={(tags) => onChange({ tags })}
          />
          <Textarea
            label="Extra QEMU arguments"
            description="One per line, passed on as they are. A wrong one keeps the machine from starting."
            classNames={{ input: 'mono' }}
            autosize
            minRows={2}
            spellCheck={false}
            placeholder={'-device\nusb-audio'}
            value={values.extraArguments}
            onChange={(event) => onChange({ extraArguments: event.currentTarget.value })}
          />
        </div>
      </Collapse>
    </div>
  );
}
