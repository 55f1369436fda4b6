import { describe, expect, it } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { Client } from '../../../renderer/client/client.ts';
import { createMachineActions } from '../../../renderer/state/machine-actions.ts';
import { applyMachineEvent, createMachineStore } from '../../../renderer/state/machine-store.ts';
import { createPreferenceStore } from '../../../renderer/state/preference-store.ts';
import { createThrowawayActions } from '../../../renderer/state/throwaway-actions.ts';
import type { Stores } from '../../../renderer/state/watch-core.ts';
import { createWindowStore } from '../../../renderer/state/window-store.ts';

const machine: MachineSummary = {
  id: 'm',
  name: 'debian-k3p9',
  state: 'running',
  accelerator: 'tcg',
  memoryMiB: 512,
  cpus: 1,
  tags: [],
  throwaway: true,
  template: 'debian',
  createdAt: null,
};
const template = { id: 't', name: 'debian' };

function buildStores(): Stores {
  const machines = createMachineStore();
  const preferences = createPreferenceStore({ getItem: () => null, setItem: () => {} });
  return { machines, preferences, window: createWindowStore({ page: 'templates', template: null }) } as unknown as Stores;
}

describe('a throwaway', () => {
  it('is shown with its console, and its template is the last used', async () => {
    const stores = buildStores();
    const asked: unknown[] = [];
    const told: string[] = [];
    const places: string[] = [];
    const create = async (wish: unknown) => {
      asked.push(wish);
      return { machine, isWarm: false, notice: 'It is booted: the template is cold.', phases: [] };
    };
    const actions = createThrowawayActions({ call: { throwaway: { create } } } as unknown as Client, stores, {
      tell: ({ message }) => told.push(message),
      go: (hash) => places.push(hash),
    });
    await Promise.all([actions.start(template), actions.start(template)]);
    // Pressed twice, it is started once.
    expect(asked).toEqual([{ template: 'debian', isOwned: true }]);
    expect(places).toEqual(['#/machine/m/console']);
    expect(told).toEqual(['It is booted: the template is cold.']);
    expect(stores.machines.getState().byId.get('m')).toBe(machine);
    expect(stores.preferences.getState().recentTemplates).toEqual(['t']);
    expect(stores.window.getState()).toMatchObject({
      startingThrowaway: null,
      cameFrom: new Map([['m', { page: 'templates', template: null }]]),
    });
  });

  it('that could not be started leaves the window as it was', async () => {
    const stores = buildStores();
    const create = () => Promise.reject(new AppError('not-enough-memory', 'No room.'));
    const never = () => expect.unreachable();
    const actions = createThrowawayActions({ call: { throwaway: { create } } } as unknown as Client, stores, {
      tell: never,
      go: never,
    });
    await actions.start(template);
    expect(stores.window.getState().startingThrowaway).toBeNull();
    expect(stores.preferences.getState().recentTemplates).toEqual([]);
  });

  it.each(['before', 'after'])('that is thrown away is gone, also when the watch tells so %s the answer', async (when) => {
    const stores = buildStores();
    const tell = (event: Parameters<typeof applyMachineEvent>[1]) =>
      stores.machines.setState((state) => applyMachineEvent(state, event), true);
    tell({ type: 'machine', sequence: 1, machine });
    const kill = async () => {
      if (when === 'before') tell({ type: 'machine-removed', sequence: 2, id: 'm' });
      return { ...machine, state: 'off' };
    };
    const actions = createMachineActions({ call: { machine: { kill } } } as unknown as Client, stores, () =>
      expect.unreachable(),
    );
    const done = actions.run('kill', machine);
    expect(stores.window.getState().busy.get('m')).toBe('Throwing away');
    await done;
    expect(stores.machines.getState().byId.size).toBe(0);
    expect(stores.window.getState().busy.size).toBe(0);
  });
});
