import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppErrorData } from '../../contract/app-error.ts';
import type { SnapshotInfo, TimelineInfo } from '../../contract/snapshot.ts';
import type { WatchEvent } from '../../contract/watch.ts';

/** A machine's timeline as it was last read, and why it could not be read anew, if so. */
export interface TimelineEntry {
  readonly info: TimelineInfo | null;
  readonly error: AppErrorData | null;
}

/** The timelines that were looked at, by machine; and the pictures of snapshots (null: there is none), by `machine/snapshot`. */
export interface SnapshotState {
  readonly timelines: ReadonlyMap<string, TimelineEntry>;
  readonly thumbnails: ReadonlyMap<string, string | null>;
}

export type SnapshotStore = StoreApi<SnapshotState>;

export const emptySnapshotState: SnapshotState = { timelines: new Map(), thumbnails: new Map() };

export function createSnapshotStore(): SnapshotStore {
  return createStore(() => emptySnapshotState);
}

/** The state after an event: what belonged to a removed machine goes. */
export function applySnapshotEvent(state: SnapshotState, event: WatchEvent): SnapshotState {
  if (event.type !== 'machine-removed' || !state.timelines.has(event.id)) return state;
  const timelines = new Map(state.timelines);
  timelines.delete(event.id);
  return { timelines, thumbnails: new Map([...state.thumbnails].filter(([key]) => !key.startsWith(`${event.id}/`))) };
}

/** The state after a timeline was read; snapshots that did not change stay the same objects. */
export function applyTimeline(state: SnapshotState, machine: string, info: TimelineInfo): SnapshotState {
  const known = new Map(state.timelines.get(machine)?.info?.snapshots.map((snapshot) => [snapshot.id, snapshot]));
  const snapshots = info.snapshots.map((snapshot) => {
    const before = known.get(snapshot.id);
    return before !== undefined && isSame(before, snapshot) ? before : snapshot;
  });
  return { ...state, timelines: new Map(state.timelines).set(machine, { info: { ...info, snapshots }, error: null }) };
}

/** The state after a timeline could not be read; what was known stays. */
export function applyTimelineError(state: SnapshotState, machine: string, error: AppErrorData): SnapshotState {
  const info = state.timelines.get(machine)?.info ?? null;
  return { ...state, timelines: new Map(state.timelines).set(machine, { info, error }) };
}

/** The state after a snapshot's picture was read. */
export function applyThumbnail(state: SnapshotState, key: string, pngBase64: string | null): SnapshotState {
  return { ...state, thumbnails: new Map(state.thumbnails).set(key, pngBase64) };
}

function isSame(one: SnapshotInfo, other: SnapshotInfo): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
