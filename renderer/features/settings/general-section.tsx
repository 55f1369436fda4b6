import { TagsInput, TextInput } from '@mantine/core';
import { countTags } from '../../state/filter-machines.ts';
import { useMachines } from '../../ui/app-context.tsx';
import { Section, type SectionProps } from './section.tsx';

/** Name and tags. */
export function GeneralSection({ values, isOn, change, errorOf }: SectionProps) {
  const machines = useMachines((state) => state.sorted);
  return (
    <Section title="General" when="now" isOn={isOn}>
      <TextInput
        label="Name"
        value={values.name}
        error={errorOf('name')}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <TagsInput
        label="Tags"
        placeholder="Enter adds a tag"
        data={countTags(machines).map(({ tag }) => tag)}
        value={[...values.tags]}
        error={errorOf('tags')}
        onChange={(tags) => change({ tags })}
      />
    </Section>
  );
}
