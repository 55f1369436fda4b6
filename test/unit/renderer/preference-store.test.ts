import { describe, expect, it } from 'vitest';
import type { TemplateInfo } from '../../../contract/template.ts';
import { applyUse, createPreferenceStore, orderByUse, parsePreferences } from '../../../renderer/state/preference-store.ts';

const initial = { recentTemplates: [], asksBeforeThrowingAway: true };

describe('what the window remembers', () => {
  it.each([null, '', '{', 'null', '7', '"x"', '{"recentTemplates":5,"asksBeforeThrowingAway":"no"}'])(
    'is as at first for %o',
    (text) => {
      expect(parsePreferences(text)).toEqual(initial);
    },
  );

  it('comes back the next time', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
    };
    const store = createPreferenceStore(storage);
    expect(store.getState()).toEqual(initial);
    store.setState((state) => applyUse(state, 'a'), true);
    store.setState({ asksBeforeThrowingAway: false });
    expect(createPreferenceStore(storage).getState()).toEqual({ recentTemplates: ['a'], asksBeforeThrowingAway: false });
  });

  it('names the last used first, each once, and not without end', () => {
    let state = initial as ReturnType<typeof parsePreferences>;
    for (const id of ['a', 'b', 'a', 'c']) state = applyUse(state, id);
    expect(state.recentTemplates).toEqual(['c', 'a', 'b']);
    for (let count = 0; count < 50; count += 1) state = applyUse(state, `t${count}`);
    expect(state.recentTemplates).toHaveLength(20);
  });

  it('offers templates in that order, the others as they came', () => {
    const templates = ['a', 'b', 'c', 'd'].map((id) => ({ id }) as TemplateInfo);
    expect(orderByUse(templates, ['c', 'gone', 'b']).map(({ id }) => id)).toEqual(['c', 'b', 'a', 'd']);
  });
});
