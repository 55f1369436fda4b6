import type { ReactNode } from 'react';
import type { SettingsField, SettingsValues } from './settings-form.ts';

/** A group of settings; while the machine is on, it says when a change counts. */
export function Section({
  title,
  when,
  isOn,
  children,
}: {
  title: string;
  when: 'now' | 'next start';
  isOn: boolean;
  children: ReactNode;
}) {
  return (
    <section className="card" aria-label={title}>
      <div className="settings-head">
        <h2 className="card-title">{title}</h2>
        {isOn ? <span className="settings-when">{when === 'now' ? 'changes now' : 'from the next start'}</span> : null}
      </div>
      <div className="settings-fields">{children}</div>
    </section>
  );
}

/** What each part of the settings gets. */
export interface SectionProps {
  readonly values: SettingsValues;
  readonly isOn: boolean;
  change(patch: Partial<SettingsValues>): void;
  /** What is wrong with a field, before or after it was sent. */
  errorOf(field: SettingsField): string | undefined;
}
