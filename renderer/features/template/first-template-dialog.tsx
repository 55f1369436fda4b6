import { Button, Group, Modal, Select, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useMachines, useOpenDialog } from '../../ui/app-context.tsx';
import { HowTemplatesWork } from './how-templates-work.tsx';

/** What a throwaway needs before there can be one: a template, and which machine to make it of. */
export function FirstTemplateDialog({ onClose }: { onClose: () => void }) {
  const openDialog = useOpenDialog();
  const machines = useMachines((state) => state.sorted);
  const fit = machines.filter(({ state }) => state !== 'broken');
  const [id, setId] = useState(() => (fit.find(({ state }) => state === 'running') ?? fit[0])?.id ?? null);
  return (
    <Modal opened onClose={onClose} title="Throwaway machines" size={560}>
      <div className="dialog-column">
        <Text>
          A throwaway is a whole machine that is there at once, and gone when you close it. It is made from a template, which you
          make once.
        </Text>
        <HowTemplatesWork />
        {fit.length === 0 ? null : (
          <Select
            label="Make a template of"
            data={fit.map(({ id: value, name }) => ({ value, label: name }))}
            value={id}
            allowDeselect={false}
            searchable
            onChange={setId}
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          {fit.length === 0 ? (
            <Button
              leftSection={<IconPlus size={16} aria-hidden />}
              data-autofocus
              onClick={() => openDialog({ kind: 'create' })}
            >
              New machine
            </Button>
          ) : (
            <Button
              data-autofocus
              disabled={id === null}
              onClick={() => id !== null && openDialog({ kind: 'make-template', id })}
            >
              Make a template…
            </Button>
          )}
        </Group>
      </div>
    </Modal>
  );
}
