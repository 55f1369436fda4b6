import { Textarea } from '@mantine/core';
import { Notice } from '../../ui/notice.tsx';
import { Section, type SectionProps } from './section.tsx';

/** Arguments for QEMU beyond what Bothy knows. */
export function QemuSection({ values, isOn, change }: SectionProps) {
  return (
    <Section title="QEMU" when="next start" isOn={isOn}>
      <Textarea
        label="Extra arguments"
        description="One per line, passed on as they are."
        classNames={{ input: 'mono' }}
        autosize
        minRows={3}
        spellCheck={false}
        placeholder={'-device\nusb-audio'}
        value={values.extraArguments}
        onChange={(event) => change({ extraArguments: event.currentTarget.value })}
      />
      {values.extraArguments.trim() === '' ? null : (
        <Notice
          tone="warn"
          title="Nobody checks these."
          hint="A wrong one keeps the machine from starting; some undo what keeps it apart from this host."
        />
      )}
    </Section>
  );
}
