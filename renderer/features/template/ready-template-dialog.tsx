import { Button, Group, Modal, NumberInput, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { maxReady } from '../../../contract/limits.ts';
import type { TemplateInfo } from '../../../contract/template.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';

/** Chooses how many machines of a template wait, started, for somebody to want one. */
export function ReadyTemplateDialog({ template, onClose }: { template: TemplateInfo; onClose: () => void }) {
  const { templateActions } = useApp();
  const action = useAction();
  const [count, setCount] = useState<number | string>(template.keepReady);
  const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= maxReady;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!isCount) return;
    if (await action.run(() => templateActions.edit(template.id, { keepReady: count }))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`Keep machines of ${template.name} ready`} size={440}>
      <form className="dialog-column" onSubmit={(event) => void save(event)} noValidate>
        <Text>
          A machine that is kept ready was started already, and stands still until somebody wants one. Throwaway and{' '}
          <code>bothy run</code> take it, which is sooner still than starting one; another takes its place a moment later.
        </Text>
        <NumberInput
          label="How many"
          description={`From 0 to ${maxReady}. Each takes some of this host’s memory, and no CPU time.`}
          value={count}
          error={isCount ? null : `Give a number from 0 to ${maxReady}.`}
          min={0}
          max={maxReady}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          data-autofocus
          onChange={(value) => {
            action.clearError();
            setCount(value);
          }}
        />
        <Text size="sm" c="dimmed">
          They are there while this window’s Bothy runs, and end with it.
          {template.warmth === 'warm'
            ? ''
            : ` ${template.name} has no memory to start them from now: none waits until it is warm.`}
        </Text>
        {action.error === null ? null : <ErrorNotice error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={action.isBusy}>
            Cancel
          </Button>
          <Button type="submit" loading={action.isBusy} disabled={!isCount}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
