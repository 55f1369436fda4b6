import { Button, Popover } from '@mantine/core';
import { IconBolt, IconCpu } from '@tabler/icons-react';
import { useState } from 'react';
import { useHost } from '../../ui/app-context.tsx';

/** Whether machines run on the processor or in software, and why. */
export function HostStatus() {
  const facts = useHost((state) => state.facts);
  const [isOpen, setOpen] = useState(false);
  if (facts === null) return null;
  const isKvm = facts.accelerator === 'kvm';
  return (
    <Popover opened={isOpen} onChange={setOpen} width={320} position="bottom-end" trapFocus>
      <Popover.Target>
        <button
          type="button"
          className="host-pill"
          data-accelerator={facts.accelerator}
          aria-label={isKvm ? 'KVM works on this host' : 'TCG: no KVM on this host'}
          onClick={() => setOpen(!isOpen)}
        >
          {isKvm ? <IconBolt size={16} aria-hidden /> : <IconCpu size={16} aria-hidden />}
          <span className="hide-narrow">{isKvm ? 'KVM' : 'TCG'}</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="dialog-column">
          <div>
            <strong>{isKvm ? 'KVM works here' : 'Machines run in software'}</strong>
            <div className="card-text">
              {isKvm
                ? 'Machines run on this processor at nearly full speed.'
                : (facts.notice ?? 'KVM cannot be used here, so QEMU translates every instruction (TCG). It works, slower.')}
            </div>
          </div>
          <Button
            component="a"
            href="#/host"
            variant="default"
            size="xs"
            onClick={() => setOpen(false)}
            style={{ alignSelf: 'flex-start' }}
          >
            Check this host
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
