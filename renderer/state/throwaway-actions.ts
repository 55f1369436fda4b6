import { errorToData } from '../../contract/app-error.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import type { TemplateInfo } from '../../contract/template.ts';
import type { Client } from '../client/client.ts';
import { describeStill } from './describe-pause.ts';
import { applyMachineEvent } from './machine-store.ts';
import { applyUse } from './preference-store.ts';
import { buildHash } from './route.ts';
import type { Stores } from './watch-core.ts';
import { applyBusy } from './window-store.ts';

type Named = Pick<MachineSummary, 'id' | 'name'>;

/** Starting, keeping and forking machines that are there for a moment. */
export interface ThrowawayActions {
  /** Starts one from a template and opens its console; the task bar tells of trouble. */
  start(template: Pick<TemplateInfo, 'id' | 'name'>): Promise<void>;
  /** Makes a normal machine of one; throws, for the dialog that asked shows the error. */
  keep(machine: Named, name: string): Promise<void>;
  /** A second machine that goes on from the same moment; throws like `keep`. */
  fork(machine: Named, name: string): Promise<MachineSummary>;
}

/** Binds the actions to a client; `tell` reports what went well, `go` opens a place of the window. */
export function createThrowawayActions(
  client: Client,
  stores: Stores,
  { tell, go }: { tell: (toast: { title: string; message: string }) => void; go: (hash: string) => void },
): ThrowawayActions {
  const { machines, window, preferences } = stores;
  const show = (machine: MachineSummary) =>
    machines.setState((state) => applyMachineEvent(state, { type: 'machine', sequence: 0, machine }), true);
  const setStarting = (name: string | null) => window.setState({ startingThrowaway: name });
  return {
    async start({ id, name }) {
      if (window.getState().startingThrowaway !== null) return;
      setStarting(name);
      try {
        const from = window.getState().route;
        const { machine, notice } = await client.call.throwaway.create({ template: name, isOwned: true });
        preferences.setState((state) => applyUse(state, id), true);
        show(machine);
        window.setState((state) => ({ cameFrom: new Map(state.cameFrom).set(machine.id, from) }));
        go(buildHash({ page: 'machine', id: machine.id, tab: 'console' }));
        if (notice !== null) tell({ title: `${machine.name} boots`, message: notice });
      } catch (thrown) {
        // How a task ended is told by the task bar.
        const error = errorToData(thrown);
        if (error.code === 'disconnected') tell({ title: `No throwaway of ${name}`, message: error.message });
      } finally {
        setStarting(null);
      }
    },
    async keep({ id, name: before }, name) {
      window.setState((state) => applyBusy(state, id, 'Keeping'), true);
      try {
        const machine = await client.call.throwaway.keep({ machine: id, name });
        show(machine);
        const renamed = before === machine.name ? '' : ` It was ${before}.`;
        tell({ title: `${machine.name} is kept`, message: `It is a machine like any other now.${renamed}` });
      } finally {
        window.setState((state) => applyBusy(state, id, null), true);
      }
    },
    async fork({ id, name: original }, name) {
      window.setState((state) => applyBusy(state, id, 'Forking'), true);
      try {
        const { machine, pausedMs } = await client.call.machine.fork({ machine: id, name });
        show(machine);
        tell({ title: `${machine.name} is forked from ${original}`, message: describeFork(original, pausedMs) });
        return machine;
      } finally {
        window.setState((state) => applyBusy(state, id, null), true);
      }
    },
  };
}

/** What the original felt of a fork. */
export function describeFork(original: string, pausedMs: number | null): string {
  return pausedMs === null
    ? `${original} stood still already, and still does.`
    : `${original} stood still for ${describeStill(pausedMs)}.`;
}
