import { Button, Checkbox, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp, useOpenDialog } from '../../ui/app-context.tsx';

/** Asks before a throwaway is thrown away, and offers to keep it. */
export function ThrowAwayDialog({ machine, onClose }: { machine: MachineSummary; onClose: () => void }) {
  const { actions, stores } = useApp();
  const openDialog = useOpenDialog();
  const [isLastTime, setLastTime] = useState(false);
  return (
    <Modal opened onClose={onClose} title={`Throw ${machine.name} away?`} size={460}>
      <div className="dialog-column">
        <Text>
          It ends at once, and everything done in it is gone
          {machine.template === null ? '' : `; its template ${machine.template} stays as it is`}.
        </Text>
        <Checkbox
          label="Don’t ask again"
          description="The menu of the Throwaway button can change that back."
          checked={isLastTime}
          onChange={(event) => setLastTime(event.currentTarget.checked)}
        />
        <Group justify="space-between" gap="xs">
          <Button variant="default" onClick={() => openDialog({ kind: 'keep', id: machine.id })}>
            Keep it…
          </Button>
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              color="red"
              data-autofocus
              onClick={() => {
                if (isLastTime) stores.preferences.setState({ asksBeforeThrowingAway: false });
                onClose();
                // Whatever became of it since it was asked about.
                void actions.run('kill', { ...machine, throwaway: true });
              }}
            >
              Throw away
            </Button>
          </Group>
        </Group>
      </div>
    </Modal>
  );
}
