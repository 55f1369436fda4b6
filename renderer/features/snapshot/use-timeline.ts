import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { TimelineEntry } from '../../state/snapshot-store.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';

const unread: TimelineEntry = { info: null, error: null };
const refreshMs = 10_000;

/** A machine's timeline, read again after each change of it or of the machines that build on it, and now and then while it runs. */
export function useTimeline(id: string): TimelineEntry {
  const { stores, snapshotActions } = useApp();
  const entry = useStore(stores.snapshots, (state) => state.timelines.get(id) ?? unread);
  const clones = entry.info?.snapshots.flatMap((snapshot) => snapshot.clones.map((clone) => clone.id)) ?? [];
  // A clone that is made, detached or deleted changes what depends on a snapshot, and not this machine.
  const family = useMachines((state) => `${state.byId.size} ${[id, ...clones].map((one) => state.revisions.get(one)).join(' ')}`);
  const isRunning = useMachines((state) => state.byId.get(id)?.state === 'running');

  // biome-ignore lint/correctness/useExhaustiveDependencies: the family's revisions say when to read again
  useEffect(() => void snapshotActions.refresh(id), [snapshotActions, id, family]);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void snapshotActions.refresh(id);
    }, refreshMs);
    return () => clearInterval(timer);
  }, [snapshotActions, id, isRunning]);
  return entry;
}
