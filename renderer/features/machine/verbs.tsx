import {
  type Icon,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugOff,
  IconPower,
  IconReload,
  IconRotateClockwise2,
} from '@tabler/icons-react';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { StateVerb } from '../../state/machine-actions.ts';
import { useApp, useOpenDialog } from '../../ui/app-context.tsx';

/** How each verb is shown; those that lose work end in dots, for they ask first. */
export const verbLooks: Record<StateVerb, { label: string; icon: Icon }> = {
  start: { label: 'Start', icon: IconPlayerPlay },
  shutdown: { label: 'Shut down', icon: IconPower },
  pause: { label: 'Pause', icon: IconPlayerPause },
  resume: { label: 'Resume', icon: IconPlayerPlay },
  reboot: { label: 'Reboot', icon: IconReload },
  reset: { label: 'Reset…', icon: IconRotateClockwise2 },
  kill: { label: 'Force off…', icon: IconPlugOff },
};

/** Runs a verb on a machine, or opens the dialog that asks before it. */
export function useRunVerb(): (verb: StateVerb, machine: Pick<MachineSummary, 'id' | 'name'>) => void {
  const { actions } = useApp();
  const openDialog = useOpenDialog();
  return (verb, machine) => {
    if (verb === 'kill') openDialog({ kind: 'force-off', id: machine.id });
    else if (verb === 'reset') openDialog({ kind: 'reset', id: machine.id });
    else void actions.run(verb, machine);
  };
}
