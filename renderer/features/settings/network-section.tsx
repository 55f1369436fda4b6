import type { NetworkMode } from '../../../contract/machine.ts';
import { PortsField } from '../../ui/ports-field.tsx';
import { Section, type SectionProps } from './section.tsx';

/** The ports of this host that lead into the machine. */
export function NetworkSection({ values, isOn, change, errorOf, mode }: SectionProps & { mode: NetworkMode }) {
  return (
    <Section title="Network" when="next start" isOn={isOn}>
      {mode === 'none' ? (
        <p className="card-text">This machine was made without a network.</p>
      ) : (
        <PortsField value={values.ports} error={errorOf('ports')} onChange={(ports) => change({ ports })} />
      )}
    </Section>
  );
}
