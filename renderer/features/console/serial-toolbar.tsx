import { ActionIcon, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconClipboard, IconCopy } from '@tabler/icons-react';
import { showToast } from '../../ui/show-toast.ts';
import type { SerialConsole } from './serial-console.ts';

/** What can be done with a serial line beside typing into it. */
export function SerialToolbar({ serial, onFullScreen }: { serial: SerialConsole; onFullScreen: () => void }) {
  const copy = async () => {
    if (!(await serial.copySelection())) showToast({ title: 'Nothing is selected', message: 'Drag over the text to select it.' });
  };
  const paste = async () => {
    const text = await navigator.clipboard.readText().catch(() => null);
    if (text === null)
      showToast({ title: 'The clipboard cannot be read', message: 'Press Ctrl+Shift+V in the terminal instead.' });
    else serial.paste(text);
    serial.focus();
  };
  return (
    <div className="console-tools">
      <Tooltip label="Copy the selection (Ctrl+Shift+C)">
        <ActionIcon aria-label="Copy the selection" onClick={() => void copy()}>
          <IconCopy size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Paste (Ctrl+Shift+V)">
        <ActionIcon aria-label="Paste" onClick={() => void paste()}>
          <IconClipboard size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Full screen">
        <ActionIcon aria-label="Full screen" onClick={onFullScreen}>
          <IconArrowsMaximize size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
