import { Button, TextInput } from '@mantine/core';
import { FileField } from '../host/file-field.tsx';
import { BootOrderField } from './boot-order-field.tsx';
import { Section, type SectionProps } from './section.tsx';

/** The CD drive, and what the machine boots from. */
export function BootSection({ values, isOn, change, errorOf }: SectionProps) {
  return (
    <>
      <Section title="CD drive" when="now" isOn={isOn}>
        <FileField
          label="Medium"
          placeholder="empty"
          kind="iso"
          value={values.cdrom}
          error={errorOf('cdrom')}
          onChange={(cdrom) => change({ cdrom })}
        />
        <Button
          variant="default"
          size="xs"
          className="settings-small"
          disabled={values.cdrom === ''}
          onClick={() => change({ cdrom: '' })}
        >
          Eject
        </Button>
      </Section>
      <Section title="Boot" when="next start" isOn={isOn}>
        <BootOrderField value={values.bootOrder} onChange={(bootOrder) => change({ bootOrder })} />
        <FileField
          label="Kernel"
          description="A Linux kernel that is started directly, before any disk. Empty: the firmware boots."
          placeholder="none"
          kind="any"
          value={values.kernel}
          error={errorOf('kernel')}
          onChange={(kernel) => change({ kernel })}
        />
        {values.kernel === '' && values.initrd === '' ? null : (
          <>
            <FileField
              label="Initrd"
              placeholder="none"
              kind="any"
              value={values.initrd}
              onChange={(initrd) => change({ initrd })}
            />
            <TextInput
              label="Kernel command line"
              value={values.append}
              spellCheck={false}
              onChange={(event) => change({ append: event.currentTarget.value })}
            />
          </>
        )}
      </Section>
    </>
  );
}
