import { Button, Group, Modal, Text } from '@mantine/core';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';

/** Asks before a machine is reset or forced off, which loses what it has not written. */
export function CutPowerDialog({
  machine,
  verb,
  onClose,
}: {
  machine: MachineSummary;
  verb: 'reset' | 'kill';
  onClose: () => void;
}) {
  const { actions } = useApp();
  const isReset = verb === 'reset';
  return (
    <Modal opened onClose={onClose} title={isReset ? `Reset ${machine.name}?` : `Force ${machine.name} off?`} size={440}>
      <div className="dialog-column">
        <Text>
          {isReset ? 'It starts again at once, as by the reset button.' : 'It stops at once, as if its power cord was pulled.'}{' '}
          Everything in its memory is lost: unsaved work, and writes not yet on its disks. The disks themselves stay.
        </Text>
        {machine.state === 'running' ? (
          <Text c="dimmed">{isReset ? 'Reboot asks the system inside first.' : 'Shut down asks the system inside first.'}</Text>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red"
            data-autofocus
            onClick={() => {
              onClose();
              void actions.run(verb, machine);
            }}
          >
            {isReset ? 'Reset' : 'Force off'}
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
