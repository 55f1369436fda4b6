import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconAspectRatio, IconCamera, IconKeyboard } from '@tabler/icons-react';
import { errorToData } from '../../../contract/app-error.ts';
import type { MachineSummary } from '../../../contract/machine.ts';
import { useApp } from '../../ui/app-context.tsx';
import { showErrorToast } from '../../ui/show-toast.ts';
import { TypeText } from './type-text.tsx';

const chords = [
  ['Ctrl+Alt+Del', 'ctrl-alt-delete'],
  ['Ctrl+Alt+Backspace', 'ctrl-alt-backspace'],
  ['Ctrl+Alt+F1', 'ctrl-alt-f1'],
  ['Ctrl+Alt+F2', 'ctrl-alt-f2'],
  ['Ctrl+Alt+F3', 'ctrl-alt-f3'],
  ['Alt+Tab', 'alt-tab'],
  ['Alt+F4', 'alt-f4'],
  ['Super', 'super'],
  ['Print screen', 'print'],
  ['Esc', 'esc'],
] as const;

/** What can be done with a screen beside looking at it. */
export function ScreenToolbar({
  machine,
  isScaled,
  onScale,
  onFullScreen,
}: {
  machine: MachineSummary;
  isScaled: boolean;
  onScale: (isScaled: boolean) => void;
  onFullScreen: () => void;
}) {
  const { client } = useApp();
  const isOn = machine.state === 'running' || machine.state === 'paused';
  const guard = (what: string, work: Promise<unknown>) => {
    work.catch((error: unknown) => showErrorToast(`${machine.name}: ${what}`, errorToData(error)));
  };
  const saveScreenshot = async () => {
    const { pngBase64 } = await client.call.machine.screenshot({ machine: machine.id });
    const link = document.createElement('a');
    link.href = `data:image/png;base64,${pngBase64}`;
    link.download = `${machine.name}-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.png`;
    link.click();
  };
  return (
    <div className="console-tools">
      <Menu position="bottom-end" width={200}>
        <Menu.Target>
          <Tooltip label="Press keys">
            <ActionIcon aria-label="Press keys" disabled={!isOn}>
              <IconKeyboard size={18} stroke={1.75} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {chords.map(([label, chord]) => (
            <Menu.Item
              key={chord}
              onClick={() => guard('the keys were not pressed', client.call.machine.keys({ machine: machine.id, keys: [chord] }))}
            >
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <TypeText machine={machine} isDisabled={!isOn} />
      <Tooltip label="Save a screenshot">
        <ActionIcon
          aria-label="Save a screenshot"
          disabled={!isOn}
          onClick={() => guard('no screenshot was taken', saveScreenshot())}
        >
          <IconCamera size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={isScaled ? 'Show in its own size' : 'Scale to fit'}>
        <ActionIcon aria-label="Scale to fit" aria-pressed={isScaled} onClick={() => onScale(!isScaled)}>
          <IconAspectRatio size={18} stroke={1.75} />
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
