import { createStore, type StoreApi } from 'zustand/vanilla';
import type { MachineSummary } from '../../contract/machine.ts';
import type { WatchEvent } from '../../contract/watch.ts';

/** The machines as the core last told them. */
export interface MachineState {
  readonly byId: ReadonlyMap<string, MachineSummary>;
  /** In the order of the list: by name, as a person sorts. */
  readonly sorted: readonly MachineSummary[];
  /** Counts every change of a machine, so that details can be read anew. */
  readonly revisions: ReadonlyMap<string, number>;
  /** False until the first snapshot has come. */
  readonly isLoaded: boolean;
}

export type MachineStore = StoreApi<MachineState>;

export const emptyMachineState: MachineState = { byId: new Map(), sorted: [], revisions: new Map(), isLoaded: false };

export function createMachineStore(): MachineStore {
  return createStore(() => emptyMachineState);
}

/** The state after an event; the same object when the event changes no machine. */
export function applyMachineEvent(state: MachineState, event: WatchEvent): MachineState {
  switch (event.type) {
    case 'snapshot': {
      const byId = new Map(event.machines.map((machine) => [machine.id, machine]));
      const revisions = new Map(event.machines.map(({ id }) => [id, (state.revisions.get(id) ?? 0) + 1]));
      return { byId, sorted: sortMachines(byId), revisions, isLoaded: true };
    }
    case 'machine': {
      const byId = new Map(state.byId).set(event.machine.id, event.machine);
      const { id, name } = event.machine;
      // Sorting a thousand names for every change of a state would be felt.
      const isInPlace = state.byId.get(id)?.name === name;
      const sorted = isInPlace ? state.sorted.map((one) => (one.id === id ? event.machine : one)) : sortMachines(byId);
      return { ...state, byId, sorted, revisions: countRevision(state, id) };
    }
    case 'machine-removed': {
      if (!state.byId.has(event.id)) return state;
      const byId = new Map(state.byId);
      const revisions = new Map(state.revisions);
      byId.delete(event.id);
      revisions.delete(event.id);
      return { ...state, byId, sorted: state.sorted.filter(({ id }) => id !== event.id), revisions };
    }
    case 'templates':
    case 'activity':
    case 'task':
      return state;
  }
}

function countRevision(state: MachineState, id: string): ReadonlyMap<string, number> {
  return new Map(state.revisions).set(id, (state.revisions.get(id) ?? 0) + 1);
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function sortMachines(byId: ReadonlyMap<string, MachineSummary>): readonly MachineSummary[] {
  return [...byId.values()].sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}
