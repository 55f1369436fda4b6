import { Menu } from '@mantine/core';
import {
  IconCamera,
  IconCopyPlus,
  IconGitFork,
  IconPackageExport,
  IconPinned,
  IconRubberStamp,
  IconSettings,
  IconTerminal2,
  IconTrash,
  IconUnlink,
} from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import { listVerbs, type StateVerb } from '../../state/machine-actions.ts';
import { buildHash, type MachineTab } from '../../state/route.ts';
import { useOpenDialog } from '../../ui/app-context.tsx';
import { useRelations } from './use-relations.ts';
import { getVerbLook, useRunVerb } from './verbs.tsx';

/** What can be done with a machine, as menu items; `omit` leaves out what stands beside the menu already. */
export function MachineMenuItems({
  machine,
  omit = [],
  withPlaces = false,
}: {
  machine: MachineSummary;
  omit?: readonly StateVerb[];
  withPlaces?: boolean;
}) {
  const runVerb = useRunVerb();
  const openDialog = useOpenDialog();
  const relations = useRelations(machine.id);
  const verbs = listVerbs(machine.state).filter((verb) => !omit.includes(verb));
  const hasMemory = machine.state === 'running' || machine.state === 'paused' || machine.state === 'suspended';
  const go = (tab: MachineTab) => () => {
    window.location.hash = buildHash({ page: 'machine', id: machine.id, tab });
  };
  return (
    <>
      {verbs.map((verb) => {
        const { label, icon: VerbIcon } = getVerbLook(verb, machine);
        return (
          <Menu.Item
            key={verb}
            leftSection={<VerbIcon size={16} stroke={1.75} aria-hidden />}
            {...(verb === 'kill' ? { color: 'red' } : {})}
            onClick={() => runVerb(verb, machine)}
          >
            {label}
          </Menu.Item>
        );
      })}
      {verbs.length > 0 ? <Menu.Divider /> : null}
      {machine.state === 'broken' ? null : (
        <>
          {machine.throwaway ? (
            <Menu.Item
              leftSection={<IconPinned size={16} stroke={1.75} aria-hidden />}
              onClick={() => openDialog({ kind: 'keep', id: machine.id })}
            >
              Keep…
            </Menu.Item>
          ) : null}
          {hasMemory ? (
            <Menu.Item
              leftSection={<IconGitFork size={16} stroke={1.75} aria-hidden />}
              onClick={() => openDialog({ kind: 'fork', id: machine.id })}
            >
              Fork…
            </Menu.Item>
          ) : null}
          <Menu.Item
            leftSection={<IconRubberStamp size={16} stroke={1.75} aria-hidden />}
            onClick={() => openDialog({ kind: 'make-template', id: machine.id })}
          >
            Make a template…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCamera size={16} stroke={1.75} aria-hidden />}
            onClick={() => openDialog({ kind: 'take-snapshot', id: machine.id })}
          >
            Take snapshot…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopyPlus size={16} stroke={1.75} aria-hidden />}
            onClick={() => openDialog({ kind: 'clone', id: machine.id })}
          >
            Clone…
          </Menu.Item>
          <Menu.Item
            leftSection={<IconPackageExport size={16} stroke={1.75} aria-hidden />}
            onClick={() => openDialog({ kind: 'export', id: machine.id })}
          >
            Export…
          </Menu.Item>
          {machine.throwaway || relations === null || relations.buildsOn.length === 0 ? null : (
            <Menu.Item
              leftSection={<IconUnlink size={16} stroke={1.75} aria-hidden />}
              onClick={() => openDialog({ kind: 'detach', id: machine.id })}
            >
              Make independent…
            </Menu.Item>
          )}
        </>
      )}
      {withPlaces && machine.state !== 'broken' ? (
        <>
          <Menu.Divider />
          <Menu.Item leftSection={<IconTerminal2 size={16} stroke={1.75} aria-hidden />} onClick={go('console')}>
            Open console
          </Menu.Item>
          <Menu.Item leftSection={<IconSettings size={16} stroke={1.75} aria-hidden />} onClick={go('settings')}>
            Settings
          </Menu.Item>
        </>
      ) : null}
      {machine.throwaway && machine.state !== 'broken' ? null : (
        <>
          {machine.state === 'broken' ? null : <Menu.Divider />}
          <Menu.Item
            color="red"
            leftSection={<IconTrash size={16} stroke={1.75} aria-hidden />}
            onClick={() => openDialog({ kind: 'delete', id: machine.id })}
          >
            Delete…
          </Menu.Item>
        </>
      )}
    </>
  );
}
