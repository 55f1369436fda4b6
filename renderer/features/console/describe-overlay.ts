import type { MachineState, Problem } from '../../../contract/machine.ts';
import type { StateVerb } from '../../state/machine-actions.ts';
import type { ConsoleStatus } from './reconnector.ts';

/** What stands where the picture would be, or over it. */
export interface Overlay {
  readonly tone: 'calm' | 'busy' | 'bad';
  readonly title: string;
  readonly hint?: string;
  /** What can be done about it from here. */
  readonly verb?: StateVerb | 'retry';
  /** When it is tried again, in milliseconds since the epoch. */
  readonly retryAt?: number;
}

/** Explains why a machine's screen shows nothing new; null when it does. */
export function describeOverlay(
  state: MachineState,
  status: ConsoleStatus,
  { busy, problems = [] }: { busy?: string | undefined; problems?: readonly Problem[] | undefined } = {},
): Overlay | null {
  const [problem] = problems;
  switch (state) {
    case 'off':
      if (busy !== undefined) return { tone: 'busy', title: `${busy}…` };
      return { tone: 'calm', title: 'The machine is off.', verb: 'start' };
    case 'suspended':
      return { tone: 'calm', title: 'The machine is suspended.', hint: 'Resume brings it back as it was.', verb: 'start' };
    case 'starting':
      return { tone: 'busy', title: 'The machine is starting…' };
    case 'crashed':
      return {
        tone: 'bad',
        title: problem?.message ?? 'The machine has crashed.',
        hint: problem?.hint ?? 'Its activity tells what QEMU said.',
        verb: 'start',
      };
    case 'broken':
      return { tone: 'bad', title: problem?.message ?? 'The machine cannot be read.', ...hintOf(problem) };
    case 'paused':
      return status.phase === 'connected'
        ? { tone: 'calm', title: 'The machine is paused.', verb: 'resume' }
        : describeStatus(status);
    case 'running':
      return describeStatus(status);
  }
}

function describeStatus(status: ConsoleStatus): Overlay | null {
  switch (status.phase) {
    case 'connected':
      return null;
    case 'idle':
    case 'connecting':
      return { tone: 'busy', title: 'Connecting to the screen…' };
    case 'waiting':
      return { tone: 'busy', title: 'Waiting for the screen…' };
    case 'lost':
      return {
        tone: 'bad',
        title: 'The connection to the screen is lost.',
        hint: status.reason === '' ? 'The machine goes on running.' : status.reason,
        verb: 'retry',
        retryAt: status.retryAt,
      };
  }
}

function hintOf(problem: Problem | undefined): { hint?: string } {
  return problem?.hint === undefined ? {} : { hint: problem.hint };
}
