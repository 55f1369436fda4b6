import { AppError, type AppErrorData, errorToData } from '../../contract/app-error.ts';
import type { MachineState, MachineSummary } from '../../contract/machine.ts';
import type { Client } from '../client/client.ts';
import { applyMachineEvent } from './machine-store.ts';
import type { Stores } from './watch-core.ts';
import { applyBusy, applyFailure, type Failure } from './window-store.ts';

/** The changes of a machine's state that need no further input. */
const stateVerbs = ['start', 'shutdown', 'pause', 'resume', 'suspend', 'reset', 'reboot', 'kill'] as const;
export type StateVerb = (typeof stateVerbs)[number];

/** The verbs that make sense in a state, the likeliest first. */
export function listVerbs(state: MachineState): readonly StateVerb[] {
  switch (state) {
    case 'off':
      return ['start'];
    case 'suspended':
    case 'crashed':
      return ['start', 'kill'];
    case 'starting':
      return ['kill'];
    case 'running':
      return ['shutdown', 'pause', 'suspend', 'reboot', 'reset', 'kill'];
    case 'paused':
      return ['resume', 'suspend', 'reset', 'kill'];
    case 'broken':
      return [];
  }
}

/** What is being done while a verb runs. */
const busyWords: Record<StateVerb | 'delete' | 'detach', string> = {
  start: 'Starting',
  shutdown: 'Asking to shut down',
  pause: 'Pausing',
  resume: 'Resuming',
  suspend: 'Suspending',
  reset: 'Resetting',
  reboot: 'Rebooting',
  kill: 'Forcing off',
  delete: 'Deleting',
  detach: 'Making independent',
};

export interface MachineActions {
  /** Shows what failed where the machine is shown. */
  fail(id: string, failure: Failure): void;
  /** Changes a machine's state; trouble is shown on its page, and reported when another page is open. */
  run(verb: StateVerb, machine: Pick<MachineSummary, 'id' | 'name'> & { readonly throwaway?: boolean }): Promise<void>;
  /** Deletes a machine, forcing it off first if asked to; throws, for the dialog that asked shows the error. */
  remove(id: string, options: { keepDisks: boolean; isForcedOff: boolean }): Promise<readonly string[]>;
  /** Makes a new machine of this one, or of one of its snapshots; throws like `remove`. */
  clone(
    machine: Pick<MachineSummary, 'id'>,
    options: { name: string; isFull: boolean; snapshot: string | undefined },
  ): Promise<MachineSummary>;
  /** Copies what a linked clone borrows; throws like `remove`. */
  detach(machine: Pick<MachineSummary, 'id'>): Promise<void>;
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
  const show = (machine: MachineSummary) =>
    stores.machines.setState((state) => applyMachineEvent(state, { type: 'machine', sequence: 0, machine }), true);
  const forget = (id: string) =>
    stores.machines.setState((state) => applyMachineEvent(state, { type: 'machine-removed', sequence: 0, id }), true);
  return {
    fail,
    async run(verb, { id, name, throwaway = false }) {
      if (stores.window.getState().busy.has(id)) return;
      const isThrownAway = verb === 'kill' && throwaway;
      setBusy(id, isThrownAway ? 'Throwing away' : busyWords[verb]);
      if (isThrownAway) stores.window.setState(({ thrownAway }) => ({ thrownAway: new Set(thrownAway).add(id) }));
      try {
        // The answer and the watch tell the same; whichever is first moves the window.
        const machine = await (verb === 'kill'
          ? client.call.machine.kill({ machine: id, ifThrowaway: throwaway })
          : client.call.machine[verb]({ machine: id }));
        setFailure(id, null);
        if (isThrownAway && !machine.throwaway) throw buildKept(name);
        // A throwaway that is off is gone; the watch may have told so before the answer came.
        if (machine.throwaway && machine.state === 'off') forget(id);
        else if (stores.machines.getState().byId.has(id)) show(machine);
      } catch (thrown) {
        const error = errorToData(thrown);
        // How a task ended is told by the task bar.
        if (verb === 'suspend' && error.code !== 'disconnected') return;
        fail(id, { title: `${name}: ${isThrownAway ? 'was not thrown away' : failedWords[verb]}`, error });
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
    async clone({ id }, { name, isFull, snapshot }) {
      const made = await client.call.machine.clone({
        machine: id,
        name,
        full: isFull,
        ...(snapshot === undefined ? {} : { snapshot }),
      });
      show(made);
      return made;
    },
    async detach({ id }) {
      setBusy(id, busyWords.detach);
      try {
        show(await client.call.machine.detach({ machine: id }));
      } finally {
        setBusy(id, null);
      }
    },
  };
}

/** Somebody made it a normal machine while it was asked about; the core says the same of one that is kept at that very moment. */
function buildKept(name: string): AppError {
  return new AppError('wrong-state', `“${name}” was kept meanwhile, so it was not thrown away.`, {
    hint: 'It is a normal machine now: force it off or delete it.',
  });
}

const failedWords: Record<StateVerb, string> = {
  start: 'could not start',
  shutdown: 'could not shut down',
  pause: 'could not pause',
  resume: 'could not resume',
  suspend: 'could not be suspended',
  reset: 'could not reset',
  reboot: 'could not reboot',
  kill: 'could not be forced off',
};
