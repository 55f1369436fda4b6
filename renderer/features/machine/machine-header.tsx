import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconDots, IconGitFork, IconPinned } from '@tabler/icons-react';
import type { MachineInfo, MachineSummary } from '../../../contract/machine.ts';
import { listVerbs } from '../../state/machine-actions.ts';
import { useOpenDialog, useWindow } from '../../ui/app-context.tsx';
import { formatMemory } from '../../ui/format.ts';
import { AcceleratorBadge, StateBadge } from '../../ui/state-mark.tsx';
import { ThrowawayBadge } from '../throwaway/throwaway-badge.tsx';
import { MachineMenuItems } from './machine-menu-items.tsx';
import { Uptime } from './uptime.tsx';
import { getVerbLook, useRunVerb } from './verbs.tsx';

/** Name, state and what a person most likely wants next. */
export function MachineHeader({ machine, info }: { machine: MachineSummary; info: MachineInfo | null }) {
  const busy = useWindow((state) => state.busy.get(machine.id));
  const runVerb = useRunVerb();
  const openDialog = useOpenDialog();
  const verbs = listVerbs(machine.state);
  // What a throwaway is closed with is what a person wants of it last.
  const primary = machine.throwaway && machine.state === 'running' ? 'kill' : verbs[0];
  const look = primary === undefined ? undefined : getVerbLook(primary, machine);
  const canFork = machine.state === 'running' || machine.state === 'paused' || machine.state === 'suspended';
  return (
    <header className="machine-header">
      <div className="machine-header-text">
        <h1 className="machine-name truncate">{machine.name}</h1>
        <div className="machine-header-facts">
          <StateBadge state={machine.state} busy={busy} />
          {machine.throwaway ? <ThrowawayBadge machine={machine} /> : null}
          <AcceleratorBadge accelerator={machine.accelerator} />
          {info?.startedAt == null ? null : <Uptime since={info.startedAt} />}
          {machine.cpus === null || machine.memoryMiB === null ? null : (
            <span className="machine-header-size">
              {machine.cpus} CPU{machine.cpus === 1 ? '' : 's'}, {formatMemory(machine.memoryMiB)}
            </span>
          )}
        </div>
      </div>
      <div className="machine-header-actions">
        {machine.throwaway && machine.state !== 'broken' ? (
          <Button
            variant="default"
            leftSection={<IconPinned size={16} stroke={1.75} aria-hidden />}
            disabled={busy !== undefined}
            onClick={() => openDialog({ kind: 'keep', id: machine.id })}
          >
            Keep…
          </Button>
        ) : null}
        {primary === undefined || look === undefined ? null : (
          <Button
            variant={primary === 'start' || primary === 'resume' ? 'filled' : 'default'}
            leftSection={<look.icon size={16} stroke={1.75} aria-hidden />}
            disabled={busy !== undefined}
            onClick={() => runVerb(primary, machine)}
          >
            {look.label}
          </Button>
        )}
        {canFork ? (
          <Tooltip label="Fork: a second machine that goes on from here">
            <ActionIcon
              variant="default"
              size={34}
              aria-label="Fork"
              disabled={busy !== undefined}
              onClick={() => openDialog({ kind: 'fork', id: machine.id })}
            >
              <IconGitFork size={18} stroke={1.75} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        <Menu position="bottom-end" width={232}>
          <Menu.Target>
            <Tooltip label="More actions">
              <ActionIcon variant="default" size={34} aria-label="More actions">
                <IconDots size={18} />
              </ActionIcon>
            </Tooltip>
          </Menu.Target>
          <Menu.Dropdown>
            <MachineMenuItems machine={machine} omit={primary === undefined ? [] : [primary]} />
          </Menu.Dropdown>
        </Menu>
      </div>
    </header>
  );
}
