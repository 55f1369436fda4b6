import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ActivityEntry } from '../../contract/machine.ts';
import type { WatchEvent } from '../../contract/watch.ts';

/** What happened lately, per machine, oldest first: the stored story and what the watch added to it. */
export interface ActivityState {
  readonly byId: ReadonlyMap<string, readonly ActivityEntry[]>;
}

export type ActivityStore = StoreApi<ActivityState>;

const maxEntries = 500;

const emptyActivityState: ActivityState = { byId: new Map() };

export function createActivityStore(): ActivityStore {
  return createStore(() => emptyActivityState);
}

/** The state after an event: a machine's new entry is added, a removed machine's story goes. */
export function applyActivityEvent(state: ActivityState, event: WatchEvent): ActivityState {
  if (event.type === 'activity') {
    const entries = [...(state.byId.get(event.id) ?? []), event.entry].slice(-maxEntries);
    return { byId: new Map(state.byId).set(event.id, entries) };
  }
  if (event.type === 'machine-removed' && state.byId.has(event.id)) {
    const byId = new Map(state.byId);
    byId.delete(event.id);
    return { byId };
  }
  return state;
}

/** Joins a freshly read story with entries that came by the watch meanwhile; each is kept once. */
export function mergeActivity(read: readonly ActivityEntry[], watched: readonly ActivityEntry[]): readonly ActivityEntry[] {
  const keyOf = ({ time, event, text }: ActivityEntry) => `${time}\n${event}\n${text}`;
  const known = new Set(read.map(keyOf));
  return [...read, ...watched.filter((entry) => !known.has(keyOf(entry)))].sort((a, b) => a.time.localeCompare(b.time));
}
