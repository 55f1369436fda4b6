import { Anchor, Radio, Select, TextInput } from '@mantine/core';
import { IconCloudDown, IconDatabase, IconDisc, IconRubberStamp, IconTerminal } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useHost, useTemplates } from '../../ui/app-context.tsx';
import { FileField } from '../host/file-field.tsx';
import { warmthWords } from '../template/template-words.ts';
import { applySource, buildCreateDefaults, type CreateValues, type SourceType } from './create-form.ts';

const cards = [
  { type: 'iso', title: 'ISO', text: 'Install or try a system from its CD image', icon: IconDisc },
  { type: 'image', title: 'Disk image', text: 'Copy a disk: qcow2, raw, vmdk, vdi, vhdx', icon: IconDatabase },
  { type: 'kernel', title: 'Linux kernel', text: 'Boot a kernel and initrd directly', icon: IconTerminal },
  { type: 'netboot', title: 'Network', text: 'Boot by PXE or iPXE', icon: IconCloudDown },
  { type: 'template', title: 'Template', text: 'Go on from a machine you prepared', icon: IconRubberStamp },
] as const;

/** Where the machine comes from: four cards, and the files of the chosen one. */
export function SourceFields({
  values,
  problem,
  error,
  onChange,
  onChooserToggle,
  onImport,
}: {
  values: CreateValues;
  problem: string | undefined;
  error: ReactNode;
  onChange: (patch: Partial<CreateValues>) => void;
  onChooserToggle: (isOpen: boolean) => void;
  /** Asked for with the image that is chosen. */
  onImport: () => void;
}) {
  const common = { onChooserToggle, isRequired: true };
  const facts = useHost((state) => state.facts);
  const templates = useTemplates((state) => state.templates) ?? [];
  const shown = cards.filter(({ type }) => type !== 'template' || templates.length > 0 || values.source === 'template');
  return (
    <>
      <Radio.Group
        aria-label="Source"
        value={values.source}
        onChange={(next) => {
          const { source, memoryMiB, cpus, diskGiB, extraDisksGiB } = applySource(
            values,
            next as SourceType,
            buildCreateDefaults(facts),
          );
          const [only] = templates;
          const isChosen = source === 'template' && templates.length === 1 && only !== undefined;
          onChange({ source, memoryMiB, cpus, diskGiB, extraDisksGiB, ...(isChosen ? takeTemplate(only) : {}) });
        }}
      >
        <div className="source-cards">
          {shown.map(({ type, title, text, icon: CardIcon }) => (
            <Radio.Card
              key={type}
              value={type}
              className="source-card"
              aria-label={title}
              {...(values.source === type ? { 'data-autofocus': true } : {})}
            >
              <CardIcon size={22} stroke={1.5} aria-hidden />
              <span className="source-title">{title}</span>
              <span className="source-text">{text}</span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      {values.source === 'iso' ? (
        <FileField
          {...common}
          label="ISO file"
          kind="iso"
          value={values.isoPath}
          error={problem}
          onChange={(isoPath) => onChange({ isoPath })}
        />
      ) : null}
      {values.source === 'image' ? (
        <FileField
          {...common}
          label="Disk image"
          description={
            <>
              It is copied; the file itself stays as it is. A whole machine, as a .bothy file or an OVA, is better{' '}
              <Anchor component="button" type="button" size="xs" onClick={onImport}>
                imported
              </Anchor>
              .
            </>
          }
          kind="image"
          value={values.imagePath}
          error={problem}
          onChange={(imagePath) => onChange({ imagePath })}
        />
      ) : null}
      {values.source === 'kernel' ? (
        <>
          <FileField
            {...common}
            label="Kernel"
            kind="any"
            value={values.kernelPath}
            error={problem}
            onChange={(kernelPath) => onChange({ kernelPath })}
          />
          <FileField
            label="Initrd"
            kind="any"
            placeholder="optional"
            value={values.initrdPath}
            onChooserToggle={onChooserToggle}
            onChange={(initrdPath) => onChange({ initrdPath })}
          />
          <TextInput
            label="Kernel command line"
            value={values.append}
            spellCheck={false}
            onChange={(event) => onChange({ append: event.currentTarget.value })}
          />
        </>
      ) : null}
      {values.source === 'netboot' ? (
        <FileField
          label="Boot file"
          description="A file of this host served by TFTP, or an http, https or tftp URL for iPXE. Empty: what the network offers."
          kind="any"
          placeholder="optional"
          value={values.bootFile}
          error={problem}
          onChooserToggle={onChooserToggle}
          onChange={(bootFile) => onChange({ bootFile })}
        />
      ) : null}
      {values.source === 'template' ? (
        <Select
          label="Template"
          description="The machine has a copy-on-write disk on it; a warm one goes on from its memory when it is started at once."
          withAsterisk
          searchable
          data={templates.map(({ id, name, warmth }) => ({
            value: id,
            label: `${name} (${warmthWords[warmth].word.toLowerCase()})`,
          }))}
          value={values.template === '' ? null : values.template}
          error={problem}
          data-problem={problem}
          nothingFoundMessage="No template is called that."
          onChange={(id) => {
            const template = templates.find((one) => one.id === id);
            if (template !== undefined) onChange(takeTemplate(template));
          }}
        />
      ) : null}
      {error}
    </>
  );
}

function takeTemplate({ id, memoryMiB, cpus }: TemplateInfo): Partial<CreateValues> {
  return { template: id, memoryMiB, cpus };
}
