import { ActionIcon, Checkbox, Input } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { BootDevice } from '../../../contract/machine.ts';
import { moveDevice } from './settings-form.ts';

const words: Record<BootDevice, string> = { disk: 'Disk', cdrom: 'CD drive', network: 'Network' };
const devices: readonly BootDevice[] = ['disk', 'cdrom', 'network'];

/** What is tried in which order; a device that is not ticked is not tried. */
export function BootOrderField({
  value,
  onChange,
}: {
  value: readonly BootDevice[];
  onChange: (order: readonly BootDevice[]) => void;
}) {
  const rows = [...value, ...devices.filter((device) => !value.includes(device))];
  return (
    <Input.Wrapper label="Boot order" labelElement="div">
      <ol className="boot-order" aria-label="Boot order">
        {rows.map((device) => {
          const at = value.indexOf(device);
          return (
            <li key={device}>
              <Checkbox
                label={words[device]}
                checked={at >= 0}
                onChange={(event) =>
                  onChange(event.currentTarget.checked ? [...value, device] : value.filter((one) => one !== device))
                }
              />
              <ActionIcon
                aria-label={`${words[device]} earlier`}
                disabled={at <= 0}
                onClick={() => onChange(moveDevice(value, device, -1))}
              >
                <IconArrowUp size={16} />
              </ActionIcon>
              <ActionIcon
                aria-label={`${words[device]} later`}
                disabled={at < 0 || at === value.length - 1}
                onClick={() => onChange(moveDevice(value, device, 1))}
              >
                <IconArrowDown size={16} />
              </ActionIcon>
            </li>
          );
        })}
      </ol>
    </Input.Wrapper>
  );
}
