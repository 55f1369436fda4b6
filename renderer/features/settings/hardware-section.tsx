import { AcceleratorSelect } from '../../ui/accelerator-select.tsx';
import { AmountField } from '../../ui/amount-field.tsx';
import { buildCpuSteps, buildMemorySteps } from '../../ui/amount-steps.ts';
import { useHost } from '../../ui/app-context.tsx';
import { formatMemory } from '../../ui/format.ts';
import { Section, type SectionProps } from './section.tsx';

/** Memory, CPUs and what runs them; a TPM is there from the beginning or not at all. */
export function HardwareSection({ values, isOn, change, errorOf, hasTpm }: SectionProps & { hasTpm: boolean }) {
  const facts = useHost((state) => state.facts);
  const totalMiB = facts?.totalMemoryMiB ?? 8192;
  const cpus = facts?.cpus ?? 4;
  return (
    <Section title="Hardware" when="next start" isOn={isOn}>
      <AmountField
        label="Memory"
        unit="MiB"
        value={values.memoryMiB}
        steps={buildMemorySteps(totalMiB)}
        min={16}
        note={facts === null ? undefined : `This host has ${formatMemory(totalMiB)}.`}
        error={errorOf('memory')}
        onChange={(memoryMiB) => change({ memoryMiB })}
      />
      <AmountField
        label="CPUs"
        unit=""
        value={values.cpus}
        steps={buildCpuSteps(cpus)}
        note={values.cpus !== '' && values.cpus > cpus ? `More than the ${cpus} of this host: it will be slow.` : undefined}
        error={errorOf('cpus')}
        onChange={(next) => change({ cpus: next })}
      />
      <AcceleratorSelect
        value={values.accelerator}
        facts={facts}
        error={errorOf('accelerator')}
        onChange={(accelerator) => change({ accelerator })}
      />
      <p className="card-text">
        {hasTpm
          ? 'It has a TPM 2.0, whose keys are kept with the machine.'
          : 'It has no TPM. That is chosen when a machine is made.'}
      </p>
    </Section>
  );
}
