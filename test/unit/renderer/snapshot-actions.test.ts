import { expect, it } from 'vitest';
import type { TimelineInfo } from '../../../contract/snapshot.ts';
import type { Client } from '../../../renderer/client/client.ts';
import { createSnapshotActions } from '../../../renderer/state/snapshot-actions.ts';
import { createSnapshotStore } from '../../../renderer/state/snapshot-store.ts';
import type { Stores } from '../../../renderer/state/watch-core.ts';

it('reads a timeline once more, and not more often, when it is asked while it reads', async () => {
  const waiting: ((info: TimelineInfo) => void)[] = [];
  const list = () => new Promise<TimelineInfo>((resolve) => waiting.push(resolve));
  const snapshots = createSnapshotStore();
  const actions = createSnapshotActions(
    { call: { snapshot: { list } } } as unknown as Client,
    { snapshots } as unknown as Stores,
    () => {},
  );
  const answer = (presentBytes: number) =>
    waiting.shift()?.({
      snapshots: [],
      current: null,
      isPresentChanged: true,
      presentBytes,
      memory: 'none',
      unfinished: { layers: 0, bytes: 0 },
      problem: null,
    });

  const first = actions.refresh('web');
  const others = [actions.refresh('web'), actions.refresh('web'), actions.refresh('web')];
  expect(waiting).toHaveLength(1);
  answer(1);
  await expect.poll(() => waiting.length).toBe(1);
  answer(2);
  await Promise.all([first, ...others]);
  expect(waiting).toHaveLength(0);
  expect(snapshots.getState().timelines.get('web')?.info?.presentBytes).toBe(2);
});
