import { describe, expect, it } from 'vitest';
import type { MachineSummary } from '../../../contract/machine.ts';
import type { TemplateInfo } from '../../../contract/template.ts';
import { applyTemplates, createTemplateStore, touchesTemplates } from '../../../renderer/state/template-store.ts';

const describeTemplate = (id: string, name: string, more: Partial<TemplateInfo> = {}): TemplateInfo => ({
  id,
  name,
  source: 'web',
  note: '',
  createdAt: '2026-07-01T08:00:00.000Z',
  warmth: 'cold',
  warmedAt: null,
  reason: null,
  needsReadiness: false,
  readyWhen: null,
  firmware: 'bios',
  memoryMiB: 512,
  cpus: 1,
  network: 'user',
  diskBytes: 1,
  memoryBytes: 0,
  sizeBytes: 1,
  folder: `/machines/${id}`,
  keepReady: 0,
  ready: 0,
  readyBytes: 0,
  readyProblem: null,
  usedBy: [],
  buildsOn: [],
  ...more,
});
const machine: MachineSummary = {
  id: 'm',
  name: 'web',
  state: 'off',
  accelerator: null,
  memoryMiB: 512,
  cpus: 1,
  tags: [],
  throwaway: true,
  template: 'debian',
  createdAt: null,
};
const empty = createTemplateStore().getState();

describe('the template store', () => {
  it('sorts by name as a person does, and forgets an error that is over', () => {
    const error = { code: 'disconnected', message: 'Bothy does not answer.' } as const;
    const state = applyTemplates({ ...empty, error }, [describeTemplate('b', 'deb10'), describeTemplate('a', 'deb9')]);
    expect(state.templates?.map(({ name }) => name)).toEqual(['deb9', 'deb10']);
    expect(state.error).toBeNull();
  });

  it('keeps what did not change as the same objects', () => {
    const before = applyTemplates(empty, [describeTemplate('a', 'one'), describeTemplate('b', 'two')]);
    expect(applyTemplates(before, [describeTemplate('b', 'two'), describeTemplate('a', 'one')]).templates).toBe(before.templates);
    const after = applyTemplates(before, [describeTemplate('a', 'one'), describeTemplate('b', 'two', { warmth: 'warm' })]);
    expect(after.templates?.[0]).toBe(before.templates?.[0]);
    expect(after.templates?.[1]?.warmth).toBe('warm');
    expect(applyTemplates(before, []).templates).toEqual([]);
  });

  it('knows which events may change what is told of templates', () => {
    const known = { byId: new Map([['m', machine]]) };
    const touches = (change: Partial<MachineSummary>) =>
      touchesTemplates({ type: 'machine', sequence: 1, machine: { ...machine, ...change } }, known);
    expect(touches({ state: 'running' })).toBe(false);
    expect(touches({ name: 'other' })).toBe(true);
    expect(touches({ throwaway: false })).toBe(true);
    expect(touches({ id: 'new' })).toBe(true);
    expect(touchesTemplates({ type: 'templates', sequence: 1 }, known)).toBe(true);
    expect(touchesTemplates({ type: 'machine-removed', sequence: 1, id: 'm' }, known)).toBe(true);
    const entry = { time: '', event: '', text: '' };
    expect(touchesTemplates({ type: 'activity', sequence: 1, id: 'm', entry }, known)).toBe(false);
  });
});
