import { describe, expect, it } from 'vitest';
import type { SnapshotInfo, TimelineInfo } from '../../../contract/snapshot.ts';
import {
  applySnapshotEvent,
  applyThumbnail,
  applyTimeline,
  applyTimelineError,
  emptySnapshotState,
} from '../../../renderer/state/snapshot-store.ts';

const describeSnapshot = (id: string, more: Partial<SnapshotInfo> = {}): SnapshotInfo => ({
  id,
  parent: null,
  name: id,
  note: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'off',
  diskBytes: 1,
  memoryBytes: 0,
  sizeBytes: 1,
  hasThumbnail: false,
  isCurrent: false,
  clones: [],
  ...more,
});

const describeTimeline = (snapshots: SnapshotInfo[]): TimelineInfo => ({
  snapshots,
  current: null,
  isPresentChanged: false,
  presentBytes: 0,
  memory: 'none',
  unfinished: { layers: 0, bytes: 0 },
  problem: null,
});

const one = applyTimeline(
  emptySnapshotState,
  'web',
  describeTimeline([describeSnapshot('aaaaaaaa'), describeSnapshot('bbbbbbbb')]),
);

describe('the snapshot store', () => {
  it('keeps the objects of snapshots that did not change', () => {
    const next = applyTimeline(
      one,
      'web',
      describeTimeline([describeSnapshot('aaaaaaaa'), describeSnapshot('bbbbbbbb', { name: 'renamed' })]),
    );
    const [before, after] = [one, next].map((state) => state.timelines.get('web')?.info?.snapshots);
    expect(after?.[0]).toBe(before?.[0]);
    expect(after?.[1]?.name).toBe('renamed');
  });

  it('keeps what is known when a timeline cannot be read, until it can again', () => {
    const failed = applyTimelineError(one, 'web', { code: 'busy', message: 'later' });
    expect(failed.timelines.get('web')).toMatchObject({ error: { code: 'busy' }, info: { snapshots: { length: 2 } } });
    expect(applyTimelineError(emptySnapshotState, 'db', { code: 'busy', message: 'later' }).timelines.get('db')?.info).toBeNull();
    expect(applyTimeline(failed, 'web', describeTimeline([])).timelines.get('web')?.error).toBeNull();
  });

  it('forgets a removed machine, its pictures too, and nothing else', () => {
    const withPictures = applyThumbnail(applyThumbnail(one, 'web/aaaaaaaa', 'cGljdHVyZQ=='), 'other/aaaaaaaa', null);
    const next = applySnapshotEvent(withPictures, { type: 'machine-removed', sequence: 1, id: 'web' });
    expect([...next.timelines.keys()]).toEqual([]);
    expect([...next.thumbnails.keys()]).toEqual(['other/aaaaaaaa']);
    expect(applySnapshotEvent(next, { type: 'machine-removed', sequence: 2, id: 'web' })).toBe(next);
  });
});
