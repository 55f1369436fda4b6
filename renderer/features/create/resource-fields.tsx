import type { HostFacts } from '../../../contract/host.ts';
import { AmountField } from '../../ui/amount-field.tsx';
import { buildCpuSteps, buildMemorySteps, diskStepsGiB } from '../../ui/amount-steps.ts';
import { useTemplates } from '../../ui/app-context.tsx';
import { formatBytes, formatMemory } from '../../ui/format.ts';
import type { CreateProblems, CreateValues } from './create-form.ts';

/** Memory, CPUs and disk, within what the host has. */
export function ResourceFields({
  values,
  problems,
  facts,
  onChange,
}: {
  values: CreateValues;
  problems: CreateProblems;
  facts: HostFacts | null;
  onChange: (patch: Partial<CreateValues>) => void;
}) {
  const totalMiB = facts?.totalMemoryMiB ?? 8192;
  const cpus = facts?.cpus ?? 4;
  const isCopy = values.source === 'image';
  const template = useTemplates((state) =>
    state.templates?.find(({ id }) => values.source === 'template' && id === values.template),
  );
  const isOfTemplate = values.source === 'template';
  return (
    <div className="create-amounts">
      <AmountField
        label="Memory"
        unit="MiB"
        value={values.memoryMiB}
        steps={buildMemorySteps(totalMiB)}
        min={16}
        note={
          isOfTemplate
            ? describeOfTemplate(values.memoryMiB, template?.memoryMiB)
            : facts === null
              ? undefined
              : `This host has ${formatMemory(totalMiB)}.`
        }
        error={problems.memory}
        onChange={(memoryMiB) => onChange({ memoryMiB })}
      />
      <AmountField
        label="CPUs"
        unit=""
        value={values.cpus}
        steps={buildCpuSteps(cpus)}
        note={
          isOfTemplate
            ? describeOfTemplate(values.cpus, template?.cpus)
            : values.cpus !== '' && values.cpus > cpus
              ? `More than the ${cpus} of this host: it will be slow.`
              : undefined
        }
        error={problems.cpus}
        onChange={(next) => onChange({ cpus: next })}
      />
      {isOfTemplate ? null : (
        <AmountField
          label="Disk"
          unit="GiB"
          value={values.diskGiB}
          steps={isCopy ? diskStepsGiB : [0, ...diskStepsGiB]}
          min={0}
          note={describeDisk(values, facts)}
          error={problems.disk}
          onChange={(diskGiB) => onChange({ diskGiB })}
        />
      )}
    </div>
  );
}

function describeOfTemplate(value: number | '', own: number | undefined): string {
  return value === '' || own === undefined || value === own
    ? 'As the template has it.'
    : 'Not as the template has it: the machine boots, even if that is warm.';
}

function describeDisk({ diskGiB, source }: CreateValues, facts: HostFacts | null): string {
  if (source === 'image' && diskGiB === '') return 'As large as the image.';
  if (diskGiB === 0) return 'No disk.';
  const free = facts === null ? '' : ` ${formatBytes(facts.freeBytes)} are free.`;
  return `It takes room only as it fills.${free}`;
}
