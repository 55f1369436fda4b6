import { useMantineColorScheme } from '@mantine/core';
import {
  type Icon,
  IconActivity,
  IconDeviceDesktop,
  IconLayoutDashboard,
  IconMoon,
  IconPlus,
  IconSettings,
  IconStethoscope,
  IconSun,
  IconTerminal2,
  IconTrash,
} from '@tabler/icons-react';
import { listVerbs } from '../../state/machine-actions.ts';
import { buildHash, type MachineTab } from '../../state/route.ts';
import { useMachines, useOpenDialog, useWindow } from '../../ui/app-context.tsx';
import { useRunVerb, verbLooks } from '../machine/verbs.tsx';

/** An action of the palette. */
export interface Command {
  readonly label: string;
  readonly icon: Icon;
  /** Further words it is found by. */
  readonly keywords?: string;
  run(): void;
}

const tabs: readonly { tab: MachineTab; word: string; icon: Icon }[] = [
  { tab: 'overview', word: 'Overview', icon: IconLayoutDashboard },
  { tab: 'console', word: 'Console', icon: IconTerminal2 },
  { tab: 'settings', word: 'Settings', icon: IconSettings },
  { tab: 'activity', word: 'Activity', icon: IconActivity },
];

/** All actions that make sense now, those of the chosen machine first. */
export function useCommands(): readonly Command[] {
  const openDialog = useOpenDialog();
  const runVerb = useRunVerb();
  const { setColorScheme } = useMantineColorScheme();
  const route = useWindow((state) => state.route);
  const chosen = useMachines((state) => (route.page === 'machine' ? state.byId.get(route.id) : undefined));
  const ofMachine: Command[] =
    chosen === undefined
      ? []
      : [
          ...listVerbs(chosen.state).map((verb) => ({
            label: `${verbLooks[verb].label.replace('…', '')} ${chosen.name}`,
            icon: verbLooks[verb].icon,
            run: () => runVerb(verb, chosen),
          })),
          ...tabs.map(({ tab, word, icon }) => ({
            label: `${word} of ${chosen.name}`,
            icon,
            keywords: 'go tab',
            run: () => {
              window.location.hash = buildHash({ page: 'machine', id: chosen.id, tab });
            },
          })),
          { label: `Delete ${chosen.name}`, icon: IconTrash, run: () => openDialog({ kind: 'delete', id: chosen.id }) },
        ];
  return [
    ...ofMachine,
    { label: 'New machine', icon: IconPlus, keywords: 'create add iso image', run: () => openDialog({ kind: 'create' }) },
    {
      label: 'Check this host',
      icon: IconStethoscope,
      keywords: 'doctor kvm tcg qemu',
      run: () => {
        window.location.hash = '#/host';
      },
    },
    { label: 'Use the light theme', icon: IconSun, keywords: 'colour color scheme', run: () => setColorScheme('light') },
    { label: 'Use the dark theme', icon: IconMoon, keywords: 'colour color scheme', run: () => setColorScheme('dark') },
    {
      label: 'Use the theme of the system',
      icon: IconDeviceDesktop,
      keywords: 'colour color scheme auto',
      run: () => setColorScheme('auto'),
    },
  ];
}
