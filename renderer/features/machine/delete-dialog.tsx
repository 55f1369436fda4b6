import { Button, Checkbox, Group, Loader, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { useAction } from '../../ui/use-action.ts';
import { useMachineInfo } from './use-machine-info.ts';

/** Asks before a machine is deleted, naming all that goes with it. */
export function DeleteDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { actions, stores } = useApp();
  const { info } = useMachineInfo(machine.id);
  const [isKeeping, setKeeping] = useState(false);
  const action = useAction();
  // A crashed machine's QEMU may still be there.
  const isOn = machine.state !== 'broken' && (machine.state === 'crashed' ? info?.pid != null : machine.state !== 'off');
  const disks = info?.disks ?? [];

  const remove = async () => {
    const isDone = await action.run(async () => {
      const kept = await actions.remove(machine.id, { keepDisks: isKeeping, isForcedOff: isOn });
      if (kept.length > 0) showToast({ title: `${machine.name} is deleted`, message: `Kept: ${kept.join(', ')}` });
    });
    if (!isDone) return;
    const { route } = stores.window.getState();
    if (route.page === 'machine' && route.id === machine.id) window.location.hash = '#/';
    onClose();
  };

  return (
    <Modal opened onClose={onClose} title={`Delete ${machine.name}?`} size={480}>
      <div className="dialog-column">
        {isOn ? (
          <Notice
            tone="warn"
            title={machine.state === 'crashed' ? 'Its QEMU is still there.' : 'This machine is running.'}
            hint="It is forced off first; what it has not saved is lost."
          />
        ) : null}
        <div>
          <Text>This destroys, for good:</Text>
          <ul className="destroy-list">
            <li>its settings, logs and state</li>
            {info === null ? (
              <li>
                <Loader size={12} /> looking at its disks
              </li>
            ) : null}
            {disks.map((disk) => (
              <li key={disk.file} data-kept={isKeeping}>
                {disk.file.split('/').pop()}
                {disk.virtualSize === null ? '' : ` (${formatBytes(disk.virtualSize)}`}
                {disk.virtualSize === null ? '' : disk.actualSize === null ? ')' : `, ${formatBytes(disk.actualSize)} used)`}
                {isKeeping ? ', kept' : ''}
              </li>
            ))}
          </ul>
          {info?.definition?.cdrom == null ? null : (
            <Text size="sm" c="dimmed">
              The medium {info.definition.cdrom.split('/').pop()} is not touched.
            </Text>
          )}
        </div>
        {disks.length === 0 ? null : (
          <Checkbox
            checked={isKeeping}
            onChange={(event) => setKeeping(event.currentTarget.checked)}
            label={`Keep ${disks.length === 1 ? 'the disk' : `the ${formatCount(disks.length, 'disk')}`}`}
            description="It is moved out of the machine's folder, and you are told where."
          />
        )}
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button color="red" onClick={() => void remove()} loading={action.isBusy} data-autofocus>
            {isOn ? 'Force off and delete' : isKeeping ? 'Delete, keep disks' : 'Delete'}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
