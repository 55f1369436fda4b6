import { describe, expect, it } from 'vitest';
import { joinNames } from '../../../renderer/features/machine/join-names.ts';
import { describePause } from '../../../renderer/state/describe-pause.ts';
import { findDirectClones } from '../../../renderer/state/find-direct-clones.ts';
import { listDescendants } from '../../../renderer/state/list-descendants.ts';
import { findSnapshotNameProblem, suggestKeptName, suggestSnapshotName } from '../../../renderer/state/suggest-snapshot-name.ts';
import { formatAgo } from '../../../renderer/ui/format.ts';

describe('names of snapshots', () => {
  it('goes on counting from the highest number', () => {
    expect(suggestSnapshotName([])).toBe('Snapshot 1');
    expect(suggestSnapshotName(['Snapshot 2', 'Snapshot 10', 'Snapshot', 'Snapshot 3 of mine'])).toBe('Snapshot 11');
  });

  it('suggests a free name for the present', () => {
    expect(suggestKeptName('clean', ['clean'])).toBe('Before “clean”');
    expect(suggestKeptName('clean', ['Before “clean”', 'Before “clean” (2)'])).toBe('Before “clean” (3)');
    expect(suggestKeptName('x'.repeat(80), [])).toBe(`Before “${'x'.repeat(70)}…”`);
  });

  it('says what is wrong with a name', () => {
    expect(findSnapshotNameProblem('  ', [])).toMatch(/Give/);
    expect(findSnapshotNameProblem('x'.repeat(81), [])).toMatch(/at most 80/);
    expect(findSnapshotNameProblem(' clean ', ['clean'])).toMatch(/Another/);
    expect(findSnapshotNameProblem('any words – 日本', ['clean'])).toBeNull();
  });
});

it('tells how long the guest stood still, and what is in the snapshot', () => {
  expect(describePause({ method: 'precopy', pausedMs: 18.4 })).toMatch(/stood still for 18 ms.*It holds that moment/);
  expect(describePause({ method: 'paused', pausedMs: 2410 })).toContain('stood still for 2.4 s');
  expect(describePause({ method: 'paused', pausedMs: null })).toContain('paused already');
  expect(describePause({ method: 'off', pausedMs: null })).not.toContain('memory');
});

it('finds all that grew from a snapshot, in whatever order they are listed', () => {
  const tree = [
    { id: 'd', parent: 'c' },
    { id: 'a', parent: null },
    { id: 'b', parent: 'a' },
    { id: 'c', parent: 'b' },
    { id: 'e', parent: 'a' },
  ];
  expect(listDescendants(tree, 'b').map(({ id }) => id)).toEqual(['d', 'c']);
  expect(listDescendants(tree, 'e')).toEqual([]);
});

it('shows a clone where it was made, and not at all that it builds on', () => {
  const [web, db] = [
    { id: 'web', name: 'web-2' },
    { id: 'db', name: 'db-trial' },
  ];
  const direct = findDirectClones([
    { id: 'a', parent: null, clones: [web, db] },
    { id: 'b', parent: 'a', clones: [db] },
    { id: 'c', parent: 'b', clones: [db] },
    { id: 'd', parent: 'a', clones: [] },
  ]);
  expect(Object.fromEntries(direct)).toEqual({ a: [web], b: [], c: [db], d: [] });
});

it('joins names as a sentence does', () => {
  expect([['a'], ['a', 'b'], ['a', 'b', 'c']].map((names) => joinNames(names.map((name) => ({ name }))))).toEqual([
    'a',
    'a and b',
    'a, b and c',
  ]);
});

it('says how long ago something was', () => {
  const now = Date.parse('2026-06-30T12:00:00');
  const ago = (ms: number) => formatAgo(new Date(now - ms).toISOString(), now);
  const hour = 3_600_000;
  expect([-5000, 20_000, 5 * 60_000, 3 * hour, 49 * hour].map(ago)).toEqual([
    'just now',
    'just now',
    '5 min ago',
    '3 h ago',
    '2 d ago',
  ]);
  // The words of dates are those of the system's language.
  expect(ago(30 * 24 * hour)).toMatch(/31/);
  expect(ago(400 * 24 * hour)).toMatch(/26.*2025|2025.*26/);
});
