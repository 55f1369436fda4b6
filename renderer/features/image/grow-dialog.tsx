import { Button, Group, Modal, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Image } from '../../../contract/image.ts';
import { AmountField } from '../../ui/amount-field.tsx';
import { diskStepsGiB } from '../../ui/amount-steps.ts';
import { useApp, useHost, useMachines } from '../../ui/app-context.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/show-toast.ts';
import { useAction } from '../../ui/use-action.ts';
import { nameFully } from './image-words.ts';

const gib = 1024 ** 3;

/** Gives a disk more room. */
export function GrowDialog({ image, onClose }: { image: Image; onClose: () => void }) {
  const { imageActions } = useApp();
  const facts = useHost((state) => state.facts);
  const state = useMachines(({ byId }) => (image.machine === null ? undefined : byId.get(image.machine.id)?.state));
  const action = useAction();
  const [before] = useState(image.virtualSize ?? 0);
  const [sizeGiB, setSizeGiB] = useState<number | ''>(suggest(before));
  const isOn = state === 'running' || state === 'paused';
  const name = nameFully(image);
  const size = sizeGiB === '' ? 0 : Math.round(sizeGiB * gib);
  const problem =
    size <= before
      ? `It has ${formatBytes(before)} now, and can only become larger.`
      : size > 65_536 * gib
        ? 'A disk has at most 65536 GiB.'
        : undefined;

  const grow = async (event: FormEvent) => {
    event.preventDefault();
    if (problem !== undefined) return;
    if (!(await action.run(() => imageActions.grow(image, size)))) return;
    onClose();
    showToast({
      title: `${name} has ${formatBytes(size)}`,
      message: 'Its partitions are as they were: enlarge them inside the guest.',
    });
  };

  return (
    <Modal opened onClose={onClose} title={`Grow ${name}`} size={520}>
      <form className="dialog-column" onSubmit={(event) => void grow(event)} noValidate>
        <Text>
          It has {formatBytes(before)} now.{' '}
          {isOn
            ? 'The guest sees the new size at once; nothing has to be stopped.'
            : 'The guest sees the new size when it starts next.'}{' '}
          {image.role === 'present' ? 'Its snapshots keep the size they have.' : ''}
        </Text>
        <AmountField
          label="New size"
          unit="GiB"
          value={sizeGiB}
          steps={diskStepsGiB.filter((step) => step * gib > before)}
          min={1}
          note={facts === null ? undefined : `It takes room only as it fills. ${formatBytes(facts.freeBytes)} are free.`}
          error={problem}
          onChange={(value) => {
            action.clearError();
            setSizeGiB(value);
          }}
        />
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button type="submit" loading={action.isBusy} disabled={problem !== undefined}>
            Grow
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** The next size worth choosing. */
function suggest(bytes: number): number {
  return diskStepsGiB.find((step) => step * gib >= bytes * 1.4) ?? Math.ceil((bytes / gib) * 1.5);
}
