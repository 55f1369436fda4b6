import { describe, expect, it } from 'vitest';
import type { MachineSummary } from '../../../contract/machine.ts';
import { applyMachineEvent, emptyMachineState } from '../../../renderer/state/machine-store.ts';

const describeMachine = (id: string, name: string, more: Partial<MachineSummary> = {}): MachineSummary => ({
  id,
  name,
  state: 'off',
  accelerator: null,
  memoryMiB: 1024,
  cpus: 1,
  tags: [],
  throwaway: false,
  template: null,
  createdAt: null,
  ...more,
});

const snapshot = applyMachineEvent(emptyMachineState, {
  type: 'snapshot',
  sequence: 0,
  machines: [describeMachine('b', 'vm10'), describeMachine('a', 'vm2')],
  tasks: [],
});

describe('the machine store', () => {
  it('sorts as a person does and knows that it is loaded', () => {
    expect(snapshot.isLoaded).toBe(true);
    expect(snapshot.sorted.map(({ name }) => name)).toEqual(['vm2', 'vm10']);
  });

  it('replaces a machine and counts the change', () => {
    const next = applyMachineEvent(snapshot, {
      type: 'machine',
      sequence: 1,
      machine: describeMachine('a', 'vm2', { state: 'running' }),
    });
    expect(next.byId.get('a')?.state).toBe('running');
    expect(next.revisions.get('a')).toBe(2);
    expect(next.revisions.get('b')).toBe(1);
    expect(snapshot.byId.get('a')?.state).toBe('off');
  });

  it('forgets a removed machine and ignores one it never knew', () => {
    const next = applyMachineEvent(snapshot, { type: 'machine-removed', sequence: 1, id: 'a' });
    expect(next.sorted.map(({ id }) => id)).toEqual(['b']);
    expect(applyMachineEvent(next, { type: 'machine-removed', sequence: 2, id: 'a' })).toBe(next);
  });

  it('takes a later snapshot as the whole truth', () => {
    const next = applyMachineEvent(snapshot, {
      type: 'snapshot',
      sequence: 0,
      machines: [describeMachine('c', 'new')],
      tasks: [],
    });
    expect([...next.byId.keys()]).toEqual(['c']);
  });

  it('leaves the state alone for other events', () => {
    const entry = { time: '2026-01-01T00:00:00Z', event: 'POWERDOWN', text: 'Power button' };
    expect(applyMachineEvent(snapshot, { type: 'activity', sequence: 1, id: 'a', entry })).toBe(snapshot);
  });
});
