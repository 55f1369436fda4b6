import { createStore, type StoreApi } from 'zustand/vanilla';
import type { TemplateInfo } from '../../contract/template.ts';

/** What the window remembers of a person's ways, from one day to the next. */
export interface PreferenceState {
  /** Ids of templates, the last used first. */
  readonly recentTemplates: readonly string[];
  /** Whether a throwaway is asked about before it is thrown away. */
  readonly asksBeforeThrowingAway: boolean;
}

export type PreferenceStore = StoreApi<PreferenceState>;

const storageKey = 'bothy.preferences';
const maxRecent = 20;

/** A store that reads from, and writes to, what a browser keeps; one that cannot be read is as if it were new. */
export function createPreferenceStore(storage: Pick<Storage, 'getItem' | 'setItem'>): PreferenceStore {
  const store = createStore<PreferenceState>(() => parsePreferences(storage.getItem(storageKey)));
  store.subscribe((state) => storage.setItem(storageKey, JSON.stringify(state)));
  return store;
}

/** Reads what was kept; whatever is not understood is as at first. */
export function parsePreferences(text: string | null): PreferenceState {
  let value: Partial<Record<keyof PreferenceState, unknown>> | null;
  try {
    value = JSON.parse(text ?? '{}') as typeof value;
  } catch {
    value = {};
  }
  const recent = value?.recentTemplates;
  return {
    recentTemplates: Array.isArray(recent) ? recent.filter((id) => typeof id === 'string').slice(0, maxRecent) : [],
    asksBeforeThrowingAway: value?.asksBeforeThrowingAway !== false,
  };
}

/** The state after a template was used. */
export function applyUse(state: PreferenceState, id: string): PreferenceState {
  return { ...state, recentTemplates: [id, ...state.recentTemplates.filter((one) => one !== id)].slice(0, maxRecent) };
}

/** Templates in the order they are offered: the last used first, then the others as they came. */
export function orderByUse(templates: readonly TemplateInfo[], recent: readonly string[]): readonly TemplateInfo[] {
  const rank = (id: string) => {
    const place = recent.indexOf(id);
    return place < 0 ? recent.length : place;
  };
  return templates.toSorted((a, b) => rank(a.id) - rank(b.id));
}
