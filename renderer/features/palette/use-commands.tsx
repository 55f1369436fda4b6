import { useMantineColorScheme } from '@mantine/core';
import {
  type Icon,
  IconBolt,
  IconDeviceDesktop,
  IconMoon,
  IconPackageImport,
  IconPlus,
  IconRubberStamp,
  IconStack2,
  IconStethoscope,
  IconSun,
  IconTerminal,
  IconTransform,
} from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { SnapshotInfo } from '../../../contract/snapshot.ts';
import { useApp, useMachines, useOpenDialog, useWindow } from '../../ui/app-context.tsx';
import { useRunVerb } from '../machine/verbs.tsx';
import { useOfferedTemplates } from '../throwaway/throwaway-button.tsx';
import { listMachineCommands, listRestoreCommands } from './list-machine-commands.tsx';

/** An action of the palette. */
export interface Command {
  readonly key: string;
  readonly label: string;
  readonly icon: Icon;
  /** Further words it is found by. */
  readonly keywords?: string;
  run(): void;
}

const none: readonly SnapshotInfo[] = [];

/** All actions that make sense now, those of the chosen machine first. */
export function useCommands(): readonly Command[] {
  const { stores, throwawayActions } = useApp();
  const templates = useOfferedTemplates();
  const openDialog = useOpenDialog();
  const runVerb = useRunVerb();
  const { setColorScheme } = useMantineColorScheme();
  const route = useWindow((state) => state.route);
  const chosen = useMachines((state) => (route.page === 'machine' ? state.byId.get(route.id) : undefined));
  const snapshots = useStore(stores.snapshots, ({ timelines }) =>
    chosen === undefined ? none : (timelines.get(chosen.id)?.info?.snapshots ?? none),
  );
  return [
    ...(chosen === undefined ? [] : listMachineCommands(chosen, { runVerb, openDialog })),
    ...(templates === null || templates.length === 0
      ? [
          {
            key: 'throwaway',
            label: 'Throwaway',
            icon: IconBolt,
            keywords: 'disposable clone template',
            run: () => openDialog({ kind: 'first-template' }),
          },
        ]
      : templates.map((template) => ({
          key: `throwaway-${template.id}`,
          label: `Throwaway of ${template.name}`,
          icon: IconBolt,
          keywords: 'disposable clone template run',
          run: () => void throwawayActions.start(template),
        }))),
    {
      key: 'new',
      label: 'New machine',
      icon: IconPlus,
      keywords: 'create add iso image',
      run: () => openDialog({ kind: 'create' }),
    },
    {
      key: 'import',
      label: 'Import a machine',
      icon: IconPackageImport,
      keywords: 'open file ova ovf vmdk bothy',
      run: () => openDialog({ kind: 'import' }),
    },
    {
      key: 'templates',
      label: 'Templates',
      icon: IconRubberStamp,
      keywords: 'throwaway warm cold',
      run: () => {
        window.location.hash = '#/templates';
      },
    },
    {
      key: 'matrix',
      label: 'Run a command over templates',
      icon: IconTerminal,
      keywords: 'matrix throwaway test',
      run: () => {
        window.location.hash = '#/matrix';
      },
    },
    {
      key: 'images',
      label: 'Disk images',
      icon: IconStack2,
      keywords: 'space orphaned kept qcow2 chain layers',
      run: () => {
        window.location.hash = '#/images';
      },
    },
    {
      key: 'new-image',
      label: 'New disk image',
      icon: IconPlus,
      keywords: 'create qcow2 raw',
      run: () => openDialog({ kind: 'new-image' }),
    },
    {
      key: 'convert-file',
      label: 'Convert a disk image',
      icon: IconTransform,
      keywords: 'vmdk vdi vhdx vhd raw qcow2 copy',
      run: () => openDialog({ kind: 'convert-file' }),
    },
    {
      key: 'host',
      label: 'Check this host',
      icon: IconStethoscope,
      keywords: 'doctor kvm tcg qemu',
      run: () => {
        window.location.hash = '#/host';
      },
    },
    {
      key: 'light',
      label: 'Use the light theme',
      icon: IconSun,
      keywords: 'colour color scheme',
      run: () => setColorScheme('light'),
    },
    {
      key: 'dark',
      label: 'Use the dark theme',
      icon: IconMoon,
      keywords: 'colour color scheme',
      run: () => setColorScheme('dark'),
    },
    {
      key: 'auto',
      label: 'Use the theme of the system',
      icon: IconDeviceDesktop,
      keywords: 'colour color scheme auto',
      run: () => setColorScheme('auto'),
    },
    ...(chosen === undefined ? [] : listRestoreCommands(chosen, snapshots, openDialog)),
  ];
}
