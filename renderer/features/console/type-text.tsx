import { ActionIcon, Button, Popover, Textarea, Tooltip } from '@mantine/core';
import { IconClipboardText } from '@tabler/icons-react';
import { useState } from 'react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { useAction } from '../../ui/use-action.ts';

/** Types a text into the machine, key by key: the way in for the clipboard. */
export function TypeText({ machine, isDisabled }: { machine: MachineSummary; isDisabled: boolean }) {
  const { client } = useApp();
  const { run, error, isBusy, clearError } = useAction();
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState('');
  const open = async () => {
    clearError();
    setOpen(true);
    // Where the page may not read the clipboard, the person pastes.
    const clipboard = await navigator.clipboard.readText().catch(() => '');
    if (clipboard !== '') setText(clipboard);
  };
  const type = async () => {
    const isDone = await run((signal) => client.call.machine.type({ machine: machine.id, text }, { signal }));
    if (!isDone) return;
    setOpen(false);
    setText('');
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={360} trapFocus>
      <Popover.Target>
        <Tooltip label="Type a text or the clipboard">
          <ActionIcon
            aria-label="Type a text or the clipboard"
            disabled={isDisabled}
            onClick={() => (isOpen ? setOpen(false) : void open())}
          >
            <IconClipboardText size={18} stroke={1.75} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="dialog-column">
          <Textarea
            data-autofocus
            label="Text to type"
            description="Typed as on a US keyboard. A line end presses Enter."
            classNames={{ input: 'mono' }}
            rows={5}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {error === null ? null : <ErrorNotice error={error} />}
          <Button size="xs" loading={isBusy} disabled={text === ''} onClick={() => void type()} style={{ alignSelf: 'flex-end' }}>
            Type it
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
