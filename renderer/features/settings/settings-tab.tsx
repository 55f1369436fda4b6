import { Button } from '@mantine/core';
import type { FormEvent } from 'react';
import type { MachineDefinition, MachineInfo } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { describeError, formatCount } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { PendingNotice } from '../../ui/pending-notice.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { BootSection } from './boot-section.tsx';
import { GeneralSection } from './general-section.tsx';
import { HardwareSection } from './hardware-section.tsx';
import { NetworkSection } from './network-section.tsx';
import { QemuSection } from './qemu-section.tsx';
import type { SectionProps } from './section.tsx';
import {
  buildChanges,
  buildSettingsValues,
  findSettingsErrorField,
  findSettingsProblems,
  type SettingsDraft,
} from './settings-form.ts';
import './settings-tab.css';

/** Changes a machine, and tells what counts now and what at the next start. */
export function SettingsTab({
  info,
  definition,
  draft,
  onDraft,
  onSaved,
}: {
  info: MachineInfo;
  definition: MachineDefinition;
  /** What the person touched and did not save yet; the rest follows the machine. It outlives the tab. */
  draft: SettingsDraft;
  onDraft: (draft: SettingsDraft) => void;
  onSaved: (info: MachineInfo) => void;
}) {
  const { client } = useApp();
  const names = useTakenNames();
  const action = useAction();
  const values = { ...buildSettingsValues(definition), ...draft };
  const changes = buildChanges(values, definition);
  const changeCount = Object.keys(changes).length;
  const taken = new Set([...names].filter((name) => name !== info.name));
  const problems = findSettingsProblems(values, taken);
  const isDirty = changeCount > 0 || Object.keys(problems).length > 0;
  const isValid = Object.keys(problems).length === 0;
  const errorField = action.error === null ? null : findSettingsErrorField(action.error, changes);
  const isOn = info.state === 'running' || info.state === 'paused' || info.state === 'starting';

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!isValid || changeCount === 0) return;
    await action.run(async (signal) => {
      const saved = await client.call.machine.set({ machine: info.id, settings: changes }, { signal });
      onDraft({});
      onSaved(saved);
    });
  };
  const revert = () => {
    onDraft({});
    action.clearError();
  };
  const section: SectionProps = {
    values,
    isOn,
    change: (next) => {
      action.clearError();
      onDraft({ ...draft, ...next });
    },
    errorOf: (field) => {
      if (problems[field] !== undefined) return problems[field];
      if (action.error === null || errorField !== field) return undefined;
      return describeError(action.error);
    },
  };

  return (
    <form className="settings" onSubmit={(event) => void save(event)} noValidate aria-label="Settings">
      <div className="page-column settings-column">
        <PendingNotice title="These settings count from the next start:" pending={info.pending} />
        <GeneralSection {...section} />
        <HardwareSection {...section} hasTpm={definition.tpm !== null} />
        <BootSection {...section} />
        <NetworkSection {...section} mode={definition.network.mode} />
        <QemuSection {...section} />
      </div>
      {isDirty ? (
        <div className="settings-bar">
          {action.error !== null && errorField === null ? <ErrorNotice error={action.error} /> : null}
          <div className="settings-bar-row">
            <span role="status">
              {isValid ? `${formatCount(changeCount, 'change')} not saved` : 'Something is not right yet'}
            </span>
            <Button variant="default" onClick={revert} disabled={action.isBusy}>
              Revert
            </Button>
            <Button type="submit" loading={action.isBusy} disabled={!isValid || changeCount === 0}>
              Save
            </Button>
          </div>
        </div>
      ) : null}
    </form>
  );
}
