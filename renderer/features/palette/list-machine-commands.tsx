import {
  type Icon,
  IconActivity,
  IconCamera,
  IconCopyPlus,
  IconGitFork,
  IconHistory,
  IconLayoutDashboard,
  IconPackageExport,
  IconPinned,
  IconRubberStamp,
  IconSettings,
  IconTerminal2,
  IconTimeline,
  IconTrash,
} from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { SnapshotInfo } from '../../../contract/snapshot.ts';
import { listVerbs, type StateVerb } from '../../state/machine-actions.ts';
import { buildHash, type MachineTab } from '../../state/route.ts';
import type { DialogRequest } from '../../state/window-store.ts';
import { getVerbLook } from '../machine/verbs.tsx';
import type { Command } from './use-commands.tsx';

const tabs: readonly { tab: MachineTab; word: string; icon: Icon }[] = [
  { tab: 'overview', word: 'Overview', icon: IconLayoutDashboard },
  { tab: 'console', word: 'Console', icon: IconTerminal2 },
  { tab: 'snapshots', word: 'Snapshots', icon: IconTimeline },
  { tab: 'settings', word: 'Settings', icon: IconSettings },
  { tab: 'activity', word: 'Activity', icon: IconActivity },
];

/** What the palette can do with a machine, the likeliest first. */
export function listMachineCommands(
  machine: MachineSummary,
  {
    runVerb,
    openDialog,
  }: { runVerb: (verb: StateVerb, machine: MachineSummary) => void; openDialog: (dialog: DialogRequest) => void },
): readonly Command[] {
  const { id, name, state, throwaway } = machine;
  const hasMemory = state === 'running' || state === 'paused' || state === 'suspended';
  const isWhole = state !== 'broken';
  return [
    ...listVerbs(state).map((verb) => ({
      key: verb,
      label: `${getVerbLook(verb, machine).label.replace('…', '')} ${state === 'suspended' && verb === 'kill' && !throwaway ? 'of ' : ''}${name}`,
      icon: getVerbLook(verb, machine).icon,
      run: () => runVerb(verb, machine),
    })),
    ...(throwaway && isWhole
      ? [{ key: 'keep', label: `Keep ${name}`, icon: IconPinned, run: () => openDialog({ kind: 'keep', id }) }]
      : []),
    ...(isWhole
      ? [
          {
            key: 'make-template',
            label: `Make a template of ${name}`,
            icon: IconRubberStamp,
            keywords: 'throwaway warm cold freeze',
            run: () => openDialog({ kind: 'make-template', id }),
          },
          {
            key: 'take-snapshot',
            label: `Take snapshot of ${name}`,
            icon: IconCamera,
            run: () => openDialog({ kind: 'take-snapshot', id }),
          },
        ]
      : []),
    ...(hasMemory
      ? [
          {
            key: 'fork',
            label: `Fork ${name}`,
            icon: IconGitFork,
            keywords: 'duplicate memory second',
            run: () => openDialog({ kind: 'fork', id }),
          },
        ]
      : []),
    ...tabs.map(({ tab, word, icon }) => ({
      key: tab,
      label: `${word} of ${name}`,
      icon,
      keywords: 'go tab',
      run: () => {
        window.location.hash = buildHash({ page: 'machine', id, tab });
      },
    })),
    ...(isWhole
      ? [
          {
            key: 'clone',
            label: `Clone ${name}`,
            icon: IconCopyPlus,
            keywords: 'copy linked',
            run: () => openDialog({ kind: 'clone', id }),
          },
          {
            key: 'export',
            label: `Export ${name}`,
            icon: IconPackageExport,
            keywords: 'save file ova qcow2 bothy backup',
            run: () => openDialog({ kind: 'export', id }),
          },
        ]
      : []),
    ...(throwaway && isWhole
      ? []
      : [{ key: 'delete', label: `Delete ${name}`, icon: IconTrash, run: () => openDialog({ kind: 'delete', id }) }]),
  ];
}

/** Going back to each of a machine's snapshots, the newest first. */
export function listRestoreCommands(
  { id, name }: MachineSummary,
  snapshots: readonly SnapshotInfo[],
  openDialog: (dialog: DialogRequest) => void,
): readonly Command[] {
  return snapshots.toReversed().map((snapshot) => ({
    key: `restore-${snapshot.id}`,
    label: `Restore “${snapshot.name}” of ${name}`,
    icon: IconHistory,
    keywords: 'go back revert snapshot',
    run: () => openDialog({ kind: 'restore', id, snapshot: snapshot.id }),
  }));
}
