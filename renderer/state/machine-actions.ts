import { type AppErrorData, errorToData } from '../../contract/app-error.ts';
import type { MachineState, MachineSummary } from '../../contract/machine.ts';
import type { Client } from '../client/client.ts';
import { applyMachineEvent } from './machine-store.ts';
import type { Stores } from './watch-core.ts';
import { applyBusy, applyFailure, type Failure } from './window-store.ts';

/** The changes of a machine's state that need no further input. */
const stateVerbs = ['start', 'shutdown', 'pause', 'resume', 'reset', 'reboot', 'kill'] as const;
export type StateVerb = (typeof stateVerbs)[number];

/** The verbs that make sense in a state, the likeliest first. */
export function listVerbs(state: MachineState): readonly StateVerb[] {
  switch (state) {
    case 'off':
    case 'suspended':
      return ['start'];
    case 'crashed':
      return ['start', 'kill'];
    case 'starting':
      return ['kill'];
    case 'running':
      return ['shutdown', 'pause', 'reboot', 'reset', 'kill'];
    case 'paused':
      return ['resume', 'reset', 'kill'];
    case 'broken':
      return [];
  }
}

/** What is being done while a verb runs. */
const busyWords: Record<StateVerb | 'delete', string> = {
  start: 'Starting',
  shutdown: 'Asking to shut down',
  pause: 'Pausing',
  resume: 'Resuming',
  reset: 'Resetting',
  reboot: 'Rebooting',
  kill: 'Forcing off',
  delete: 'Deleting',
};

export interface MachineActions {
  /** Shows what failed where the machine is shown. */
  fail(id: string, failure: Failure): void;
  /** Changes a machine's state; trouble is shown on its page, and reported when another page is open. */
  run(verb: StateVerb, machine: Pick<MachineSummary, 'id' | 'name'>): Promise<void>;
  /** Deletes a machine, forcing it off first if asked to; throws, for the dialog that asked shows the error. */
  remove(id: string, options: { keepDisks: boolean; isForcedOff: boolean }): Promise<readonly string[]>;
}

/** Binds the actions to a client; `report` shows trouble that has no better place. */
export function createMachineActions(
  client: Client,
  stores: Stores,
  report: (title: string, error: AppErrorData) => void,
): MachineActions {
  const setBusy = (id: string, words: string | null) => stores.window.setState((state) => applyBusy(state, id, words), true);
  const setFailure = (id: string, failure: Failure | null) =>
    stores.window.setState((state) => applyFailure(state, id, failure), true);
  const fail = (id: string, failure: Failure) => {
    setFailure(id, failure);
    const { route } = stores.window.getState();
    if (route.page !== 'machine' || route.id !== id) report(failure.title, failure.error);
  };
  return {
    fail,
    async run(verb, { id, name }) {
      if (stores.window.getState().busy.has(id)) return;
      setBusy(id, busyWords[verb]);
      try {
        // The answer and the watch tell the same; whichever is first moves the window.
        const machine = await client.call.machine[verb]({ machine: id });
        setFailure(id, null);
        stores.machines.setState((state) => applyMachineEvent(state, { type: 'machine', sequence: 0, machine }), true);
      } catch (error) {
        fail(id, { title: `${name}: ${failedWords[verb]}`, error: errorToData(error) });
      } finally {
        setBusy(id, null);
      }
    },
    async remove(id, { keepDisks, isForcedOff }) {
      setBusy(id, busyWords.delete);
      try {
        if (isForcedOff) await client.call.machine.kill({ machine: id });
        return (await client.call.machine.delete({ machine: id, keepDisks })).kept;
      } finally {
        setBusy(id, null);
      }
    },
  };
}

const failedWords: Record<StateVerb, string> = {
  start: 'could not start',
  shutdown: 'could not shut down',
  pause: 'could not pause',
  resume: 'could not resume',
  reset: 'could not reset',
  reboot: 'could not reboot',
  kill: 'could not be forced off',
};
