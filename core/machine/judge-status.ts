import type { MachineState, Problem } from '../../contract/machine.ts';
import type { RunRecord } from './run-record.ts';

/** What QMP's `RunState` (qapi/run-state.json) means to a person. */
export function judgeStatus(status: string, run: RunRecord | undefined): { state: MachineState; problems: Problem[] } {
  switch (status) {
    case 'running':
    case 'save-vm':
    case 'finish-migrate':
      return { state: 'running', problems: [] };
    case 'inmigrate':
    case 'restore-vm':
      return { state: 'starting', problems: [] };
    case 'internal-error':
      return { state: 'crashed', problems: [describeInternalError(run)] };
    case 'guest-panicked':
      return {
        state: 'crashed',
        problems: [{ message: 'The guest’s kernel panicked.', hint: 'Look at its screen, then reset it or force it off.' }],
      };
    case 'io-error':
      return {
        state: 'paused',
        problems: [
          {
            message: 'A disk could not be written, so the machine was paused; nothing is lost.',
            hint: 'Make room on the host’s disk, then resume.',
          },
        ],
      };
    case 'shutdown':
      return {
        state: 'paused',
        problems: [{ message: 'The guest has shut down, but its QEMU was told to stay.', hint: 'Force it off.' }],
      };
    case 'suspended':
      return { state: 'paused', problems: [{ message: 'The guest put itself to sleep.', hint: 'Resume wakes it.' }] };
    case 'watchdog':
      return { state: 'paused', problems: [{ message: 'The guest’s watchdog ran out.', hint: 'Resume or reset the machine.' }] };
    // Among them `prelaunch`, which is what QEMU calls a paused machine that was reset.
    default:
      return { state: 'paused', problems: [] };
  }
}

function describeInternalError(run: RunRecord | undefined): Problem {
  if (run?.accelerator === 'kvm') {
    return {
      message: 'KVM on this host could not run an instruction of the guest (internal error), so the machine stopped.',
      hint: 'Force it off and set its accelerator to tcg: `bothy set NAME accelerator=tcg`. `bothy doctor` tells how KVM was judged.',
    };
  }
  return {
    message: 'QEMU stopped the machine with an internal error.',
    hint: 'Force it off and start it again; QEMU’s log tells more.',
  };
}
