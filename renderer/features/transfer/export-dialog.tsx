import { Checkbox, Modal, Radio, Select } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { ExportFormat, ExportResult } from '../../../contract/transfer.ts';
import { useApp, useHost } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { SaveField } from '../host/save-field.tsx';
import { useTimeline } from '../snapshot/use-timeline.ts';
import { buildFileName, changeEnding, exportChoices, findPathProblem, joinPath, splitPath } from './transfer-files.ts';
import { TransferResult } from './transfer-result.tsx';

const folderKey = 'bothy.export-folder';
const present = '';

/** Writes a machine, as it is or as a snapshot has it, to a file. */
export function ExportDialog({
  machine,
  snapshot,
  onClose,
}: {
  machine: MachineSummary;
  /** The one that is offered first. */
  snapshot: string | undefined;
  onClose: () => void;
}) {
  const { client } = useApp();
  const home = useHost((state) => state.facts?.home);
  const { info } = useTimeline(machine.id);
  const snapshots = info?.snapshots ?? [];
  const isOn = !['off', 'suspended', 'crashed'].includes(machine.state);
  const [chosen, setChosen] = useState(snapshot ?? null);
  // A machine that is on is offered as its latest snapshot has it.
  const from = chosen ?? (isOn ? (snapshots.at(-1)?.id ?? present) : present);
  const fromName = snapshots.find(({ id }) => id === from)?.name ?? null;
  const [format, setFormat] = useState<ExportFormat>('bothy');
  const [typedFolder, setFolder] = useState(() => localStorage.getItem(folderKey));
  const [typedName, setName] = useState<string | null>(null);
  const [isForced, setForced] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const [result, setResult] = useState<ExportResult | null>(null);
  const action = useTaskAction(machine.id);
  const folder = typedFolder ?? home ?? '';
  const usualName = buildFileName(machine.name, fromName, format);
  const name = typedName ?? usualName;
  const problem = findPathProblem(joinPath(folder, name));
  const isBlocked = isOn && from === present;

  const write = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== null || isBlocked) return;
    let made: ExportResult | undefined;
    const isDone = await action.run(async () => {
      const file = joinPath(folder, name);
      made = await client.call.machine.export({
        machine: machine.id,
        file,
        format,
        ...(from === present ? {} : { snapshot: from }),
        force: isForced,
      });
      localStorage.setItem(folderKey, folder);
    });
    if (!isDone || made === undefined) return;
    if (made.notices.length > 0 && action.isShown()) return setResult(made);
    showToast({ title: `${machine.name} is exported`, message: [describeFiles(made), ...made.notices].join(' ') });
    onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={`Export ${machine.name}`}
      size={520}
      closeOnEscape={!isChooserOpen}
      trapFocus={!isChooserOpen}
    >
      {result === null ? (
        <form className="dialog-column" onSubmit={(event) => void write(event)} noValidate>
          <Radio.Group
            label="As"
            value={format}
            onChange={(value) => {
              action.clearError();
              setFormat(value as ExportFormat);
              if (typedName !== null) setName(changeEnding(typedName, value as ExportFormat));
            }}
            className="choice-list"
          >
            {exportChoices.map(({ format: value, title, text }) => (
              <Radio key={value} value={value} disabled={action.isBusy} label={title} description={text} />
            ))}
          </Radio.Group>
          {snapshots.length === 0 ? null : (
            <Select
              label="State"
              allowDeselect={false}
              disabled={action.isBusy}
              data={[
                {
                  value: present,
                  label: isOn ? 'As it is now (shut it down or suspend it first)' : 'As it is now',
                  disabled: isOn,
                },
                ...snapshots.toReversed().map(({ id, name: label }) => ({ value: id, label: `As “${label}” has it` })),
              ]}
              value={from}
              onChange={(value) => setChosen(value)}
            />
          )}
          {isBlocked ? (
            <Notice
              tone="warn"
              title={`${machine.name} is ${machine.state}, and its disks change while it is.`}
              hint="Shut it down or suspend it first, or take a snapshot and export that."
            />
          ) : null}
          <SaveField
            label="File"
            value={joinPath(folder, name)}
            error={problem}
            isDisabled={action.isBusy}
            onChooserToggle={setChooserOpen}
            onChange={(path) => {
              action.clearError();
              setForced(false);
              const place = splitPath(path);
              setFolder(place.folder);
              // As long as nobody gives it a name it follows what is chosen above.
              setName(place.name === usualName ? null : place.name);
            }}
          />
          {action.error === null ? null : <ErrorNotice error={action.error} />}
          {action.error?.code === 'file-exists' || isForced ? (
            <Checkbox
              label="Replace the file that is there"
              checked={isForced}
              disabled={action.isBusy}
              onChange={(event) => setForced(event.currentTarget.checked)}
            />
          ) : null}
          <TaskFoot action={action} confirm="Export" isDisabled={isBlocked || problem !== null} onClose={onClose} />
        </form>
      ) : (
        <TransferResult
          title="Good to know"
          text={`Written: ${describeFiles(result)}`}
          notices={result.notices}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}

function describeFiles({ files, bytes }: ExportResult): string {
  return `${files.join(', ')} (${formatBytes(bytes)})`;
}
