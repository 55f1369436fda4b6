import { Button, Kbd, Menu } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconChevronDown, IconPackageImport, IconPlus, IconSearch } from '@tabler/icons-react';
import mark from '../../assets/icons/bothy.svg';
import { HostStatus } from '../features/host/host-status.tsx';
import { ThrowawayButton } from '../features/throwaway/throwaway-button.tsx';
import { useOpenDialog } from './app-context.tsx';
import { SchemeSwitch } from './scheme-switch.tsx';

/** The top of the window: find anything, the host, the theme, a new machine. */
export function TopBar() {
  const openDialog = useOpenDialog();
  return (
    <header className="bar">
      <a className="bar-brand" href="#/" aria-label="Bothy, start page">
        <img src={mark} alt="" />
        Bothy
      </a>
      <button type="button" className="bar-search" onClick={() => spotlight.open()}>
        <IconSearch size={14} aria-hidden />
        <span className="truncate">Find a machine or an action</span>
        <Kbd size="xs" aria-hidden className="hide-narrow">
          Ctrl K
        </Kbd>
      </button>
      <div className="bar-gap" />
      <HostStatus />
      <SchemeSwitch />
      <ThrowawayButton />
      <Button.Group>
        <Button size="xs" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => openDialog({ kind: 'create' })}>
          New machine
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" px={6} aria-label="More ways to a machine" className="bar-more">
              <IconChevronDown size={14} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconPackageImport size={16} stroke={1.75} aria-hidden />}
              onClick={() => openDialog({ kind: 'import' })}
            >
              Import a machine…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
    </header>
  );
}
