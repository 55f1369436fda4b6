import {
  type Icon,
  IconAlertTriangleFilled,
  IconCircleDashed,
  IconFlameFilled,
  IconMoonFilled,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerStop,
} from '@tabler/icons-react';
import type { MachineState } from '../../contract/machine.ts';
import './state-mark.css';

const looks: Record<MachineState, { word: string; icon: Icon }> = {
  off: { word: 'Off', icon: IconPlayerStop },
  starting: { word: 'Starting', icon: IconCircleDashed },
  running: { word: 'Running', icon: IconPlayerPlayFilled },
  paused: { word: 'Paused', icon: IconPlayerPauseFilled },
  suspended: { word: 'Suspended', icon: IconMoonFilled },
  crashed: { word: 'Crashed', icon: IconFlameFilled },
  broken: { word: 'Broken', icon: IconAlertTriangleFilled },
};

/** A machine's state in one word. */
export function stateWord(state: MachineState): string {
  return looks[state].word;
}

/** A machine's state as a shape and a colour; the word stands beside it. */
export function StateMark({ state, size = 22 }: { state: MachineState; size?: number }) {
  const { icon: Shape } = looks[state];
  return (
    <span className="state-mark" data-state={state} style={{ width: size, height: size }} aria-hidden>
      <Shape size={Math.round(size * 0.6)} />
    </span>
  );
}

/** The state with its word, as a badge. */
export function StateBadge({ state, busy }: { state: MachineState; busy?: string | undefined }) {
  return (
    <span className="state-badge" data-state={state} data-testid="machine-state">
      <StateMark state={busy === undefined ? state : 'starting'} size={18} />
      {busy === undefined ? stateWord(state) : `${busy}…`}
    </span>
  );
}

/** Which accelerator a machine runs with. */
export function AcceleratorBadge({ accelerator }: { accelerator: 'kvm' | 'tcg' | null }) {
  if (accelerator === null) return null;
  return (
    <span
      className="accelerator-badge"
      data-accelerator={accelerator}
      title={accelerator === 'kvm' ? 'Runs on the processor (KVM)' : 'Runs in software (TCG), slower than KVM'}
    >
      {accelerator.toUpperCase()}
    </span>
  );
}
