import { Button, Checkbox, Modal, Select, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { DiskBus, Firmware } from '../../../contract/machine.ts';
import type { ImportResult } from '../../../contract/transfer.ts';
import { buildHash } from '../../state/route.ts';
import { findNameProblem } from '../../state/suggest-name.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTakenNames } from '../../ui/use-taken-names.ts';
import { useTasksAction } from '../../ui/use-task-action.ts';
import { FileField } from '../host/file-field.tsx';
import { isArchive } from './transfer-files.ts';
import { TransferResult } from './transfer-result.tsx';

const auto = 'auto';

/** Makes a machine of a file that Bothy or another program exported. */
export function ImportDialog({ path, onClose }: { path: string | undefined; onClose: () => void }) {
  const { client } = useApp();
  const taken = useTakenNames();
  const [file, setFile] = useState(path ?? '');
  const [name, setName] = useState('');
  const [firmware, setFirmware] = useState<Firmware | typeof auto>(auto);
  const [bus, setBus] = useState<DiskBus | typeof auto>(auto);
  const [isStarted, setStarted] = useState(false);
  const [isTried, setTried] = useState(false);
  const [isChooserOpen, setChooserOpen] = useState(false);
  const [result, setResult] = useState<ImportResult | null>(null);
  const title = `Import ${file.trim().split('/').at(-1)}`;
  const action = useTasksAction((task) => task.title === title);
  const fileProblem =
    file.trim() === '' ? 'Choose a file.' : file.trim().startsWith('/') ? null : 'Write the whole path, beginning with “/”.';
  const nameProblem = name === '' || action.isBusy ? null : findNameProblem(name, taken);

  const open = ({ machine }: ImportResult) => {
    const tab = machine.state === 'running' ? 'console' : 'overview';
    window.location.hash = buildHash({ page: 'machine', id: machine.id, tab });
  };
  const bring = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (fileProblem !== null || nameProblem !== null) return;
    let made: ImportResult | undefined;
    const isDone = await action.run(async () => {
      made = await client.call.machine.import({
        file: file.trim(),
        ...(name === '' ? {} : { name }),
        ...(firmware === auto || isArchive(file) ? {} : { firmware }),
        ...(bus === auto || isArchive(file) ? {} : { bus }),
        start: isStarted,
      });
    });
    if (!isDone || made === undefined) return;
    if (!action.isShown()) {
      showToast({ title: `${made.machine.name} is imported`, message: made.notices.join(' ') });
      return;
    }
    open(made);
    if (made.notices.length > 0) setResult(made);
    else onClose();
  };

  return (
    <Modal opened onClose={onClose} title="Import a machine" size={520} closeOnEscape={!isChooserOpen} trapFocus={!isChooserOpen}>
      {result === null ? (
        <form className="dialog-column" onSubmit={(event) => void bring(event)} noValidate>
          <Text>
            From a .bothy file comes the whole machine with its snapshots. An OVA, an OVF or a disk image of another program
            becomes a new machine. The file is copied and stays as it is.
          </Text>
          <FileField
            label="File"
            kind="machine"
            isRequired
            isDisabled={action.isBusy}
            value={file}
            error={isTried ? fileProblem : null}
            onChooserToggle={setChooserOpen}
            onChange={(next) => {
              action.clearError();
              setFile(next);
            }}
          />
          <TextInput
            label="Name"
            placeholder="the name it has"
            value={name}
            error={nameProblem}
            disabled={action.isBusy}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              action.clearError();
              setName(event.currentTarget.value);
            }}
          />
          {file.trim() === '' || isArchive(file) ? null : (
            <div className="import-choices">
              <Select
                label="Firmware"
                allowDeselect={false}
                disabled={action.isBusy}
                data={[
                  { value: auto, label: 'What it was made for' },
                  { value: 'bios', label: 'BIOS' },
                  { value: 'uefi', label: 'UEFI' },
                  { value: 'uefi-secure', label: 'UEFI with Secure Boot' },
                ]}
                value={firmware}
                onChange={(value) => setFirmware((value ?? auto) as Firmware)}
              />
              <Select
                label="Disks on"
                allowDeselect={false}
                disabled={action.isBusy}
                data={[
                  { value: auto, label: 'What fits it' },
                  { value: 'sata', label: 'SATA, which every system knows' },
                  { value: 'virtio', label: 'virtio, which is faster' },
                ]}
                value={bus}
                onChange={(value) => setBus((value ?? auto) as DiskBus)}
              />
            </div>
          )}
          <Checkbox
            label="Start it after the import"
            checked={isStarted}
            disabled={action.isBusy}
            onChange={(event) => setStarted(event.currentTarget.checked)}
          />
          {action.error === null ? null : <ErrorNotice error={action.error} />}
          <TaskFoot action={action} confirm="Import" isDisabled={nameProblem !== null} onClose={onClose} />
        </form>
      ) : (
        <TransferResult
          title="What was changed, or left out"
          text={`${result.machine.name} is there.`}
          notices={result.notices}
          onClose={onClose}
        >
          {result.machine.state === 'off' ? (
            <Button
              data-autofocus
              onClick={() => {
                onClose();
                void client.call.machine.start({ machine: result.machine.id }).catch(() => undefined);
              }}
            >
              Start it
            </Button>
          ) : undefined}
        </TransferResult>
      )}
    </Modal>
  );
}
