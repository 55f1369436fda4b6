import { describe, expect, it } from 'vitest';
import type { MachineSummary } from '../../../contract/machine.ts';
import { countTags, filterMachines } from '../../../renderer/state/filter-machines.ts';

const machines = [
  { id: 'a1', name: 'Debian-12', state: 'running', tags: ['lab', 'linux'] },
  { id: 'b2', name: 'freebsd', state: 'off', tags: ['lab'] },
  { id: 'c3', name: 'scratch', state: 'running', tags: [] },
] as unknown as MachineSummary[];

describe('the machine filter', () => {
  it.each([
    ['debian', [], ['a1']],
    ['running', [], ['a1', 'c3']],
    ['running lab', [], ['a1']],
    ['', ['lab'], ['a1', 'b2']],
    ['', ['lab', 'linux'], ['a1']],
    ['nothing', [], []],
  ])('finds by %j and tags %j', (text, tags, ids) => {
    expect(filterMachines(machines, { text, tags }).map(({ id }) => id)).toEqual(ids);
  });

  it('gives back the same list when nothing is asked', () => {
    expect(filterMachines(machines, { text: ' ', tags: [] })).toBe(machines);
  });

  it('counts tags, the most used first', () => {
    expect(countTags(machines)).toEqual([
      { tag: 'lab', count: 2 },
      { tag: 'linux', count: 1 },
    ]);
  });
});
