import { Checkbox, Loader, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { TaskFoot } from '../../ui/task-foot.tsx';
import { useTaskAction } from '../../ui/use-task-action.ts';
import { joinNames } from './join-names.ts';
import { useMachineInfo } from './use-machine-info.ts';
import { useRelations } from './use-relations.ts';

/** Asks before a machine is deleted, naming all that goes with it; what builds on it is made independent first. */
export function DeleteDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { actions, stores } = useApp();
  const { info } = useMachineInfo(machine.id);
  const [isKeeping, setKeeping] = useState(false);
  const relations = useRelations(machine.id);
  const dependents = relations?.dependents ?? [];
  const action = useTaskAction(machine.id, ...dependents.map(({ id }) => id));
  // A crashed machine's QEMU may still be there.
  const isOn = machine.state === 'crashed' ? info?.pid != null : ['starting', 'running', 'paused'].includes(machine.state);
  const disks = info?.disks ?? [];
  const snapshotCount = info?.definition?.timeline.snapshots.length ?? 0;

  const remove = async () => {
    const isDone = await action.run(async () => {
      for (const dependent of dependents) await actions.detach(dependent);
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
        {dependents.length === 0 ? null : (
          <Notice
            tone="warn"
            title={`${joinNames(dependents)} ${dependents.length === 1 ? 'builds' : 'build'} on ${machine.name}.`}
            hint={`${dependents.length === 1 ? 'It reads' : 'They read'} part of ${dependents.length === 1 ? 'its' : 'their'} disks from this machine's. That part is copied first, which takes space and a while; then ${machine.name} is deleted.`}
          />
        )}
        <div>
          <Text>This destroys, for good:</Text>
          <ul className="destroy-list">
            <li>its settings, logs and state{machine.state === 'suspended' ? ', and the memory that was saved' : ''}</li>
            {snapshotCount === 0 ? null : <li>{formatCount(snapshotCount, 'snapshot')}</li>}
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
        <TaskFoot
          action={action}
          confirm={
            dependents.length > 0
              ? `Make ${dependents.length === 1 ? 'it' : 'them'} independent, then delete`
              : isOn
                ? 'Force off and delete'
                : isKeeping
                  ? 'Delete, keep disks'
                  : 'Delete'
          }
          isDangerous
          isDisabled={relations === null && machine.state !== 'broken'}
          onConfirm={() => void remove()}
          onClose={onClose}
        />
      </div>
    </Modal>
  );
}
