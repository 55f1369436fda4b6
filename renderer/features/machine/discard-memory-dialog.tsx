import { Button, Group, Modal, Text } from '@mantine/core';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';

/** Asks before the memory of a suspended machine is thrown away. */
export function DiscardMemoryDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { actions } = useApp();
  return (
    <Modal opened onClose={onClose} title={`Discard the saved memory of ${machine.name}?`} size={440}>
      <div className="dialog-column">
        <Text>
          What ran in it when it was suspended is lost for good, with all unsaved work, as if its power cord had been pulled then.
          Its disks stay, and the next start boots it afresh.
        </Text>
        <Text c="dimmed">Resume goes on where it was.</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red"
            data-autofocus
            onClick={() => {
              onClose();
              void actions.run('kill', machine);
            }}
          >
            Discard
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
