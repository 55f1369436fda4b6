import {
  type Icon,
  IconEraser,
  IconMoon,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugOff,
  IconPower,
  IconReload,
  IconRotateClockwise2,
  IconTrashX,
} from '@tabler/icons-react';
import type { MachineState, MachineSummary } from '../../../contract/machine.ts';
import type { StateVerb } from '../../state/machine-actions.ts';
import { useApp, useOpenDialog } from '../../ui/app-context.tsx';

interface VerbLook {
  readonly label: string;
  readonly icon: Icon;
}

/** How a verb is shown; those that lose work end in dots, for they ask first. A suspended machine goes on where it was. */
export function getVerbLook(verb: StateVerb, { state, throwaway }: { state: MachineState; throwaway: boolean }): VerbLook {
  if (throwaway && verb === 'kill') return { label: 'Throw away…', icon: IconTrashX };
  if (state === 'suspended' && verb === 'start') return verbLooks.resume;
  if (state === 'suspended' && verb === 'kill') return { label: 'Discard saved memory…', icon: IconEraser };
  return verbLooks[verb];
}

const verbLooks: Record<StateVerb, VerbLook> = {
  start: { label: 'Start', icon: IconPlayerPlay },
  shutdown: { label: 'Shut down', icon: IconPower },
  pause: { label: 'Pause', icon: IconPlayerPause },
  resume: { label: 'Resume', icon: IconPlayerPlay },
  suspend: { label: 'Suspend', icon: IconMoon },
  reboot: { label: 'Reboot', icon: IconReload },
  reset: { label: 'Reset…', icon: IconRotateClockwise2 },
  kill: { label: 'Force off…', icon: IconPlugOff },
};

/** Runs a verb on a machine, or opens the dialog that asks before it. */
export function useRunVerb(): (verb: StateVerb, machine: Pick<MachineSummary, 'id' | 'name' | 'throwaway'>) => void {
  const { actions, stores } = useApp();
  const openDialog = useOpenDialog();
  return (verb, machine) => {
    if (verb === 'kill' && machine.throwaway) {
      if (stores.preferences.getState().asksBeforeThrowingAway) openDialog({ kind: 'throw-away', id: machine.id });
      else void actions.run(verb, machine);
    } else if (verb === 'kill') openDialog({ kind: 'force-off', id: machine.id });
    else if (verb === 'reset') openDialog({ kind: 'reset', id: machine.id });
    else void actions.run(verb, machine);
  };
}
