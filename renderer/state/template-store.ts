import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppErrorData } from '../../contract/app-error.ts';
import type { TemplateInfo } from '../../contract/template.ts';
import type { WatchEvent } from '../../contract/watch.ts';
import type { MachineState } from './machine-store.ts';

/** The templates as they were last read, by name; null until then. */
export interface TemplateState {
  readonly templates: readonly TemplateInfo[] | null;
  /** Why they could not be read anew, if so. */
  readonly error: AppErrorData | null;
}

export type TemplateStore = StoreApi<TemplateState>;

export function createTemplateStore(): TemplateStore {
  return createStore(() => ({ templates: null, error: null }));
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** The state after the templates were read; those that did not change stay the same objects. */
export function applyTemplates(state: TemplateState, read: readonly TemplateInfo[]): TemplateState {
  const known = new Map(state.templates?.map((template) => [template.id, template]));
  const sorted = read.toSorted((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
  const next = sorted.map((template) => {
    const before = known.get(template.id);
    return before !== undefined && JSON.stringify(before) === JSON.stringify(template) ? before : template;
  });
  const isSame =
    state.templates?.length === next.length && next.every((template, index) => template === state.templates?.[index]);
  return { templates: isSame ? state.templates : next, error: null };
}

/** Whether an event may change what is told of templates, among it who uses them; `machines` are those of before it. */
export function touchesTemplates(event: WatchEvent, { byId }: Pick<MachineState, 'byId'>): boolean {
  switch (event.type) {
    case 'snapshot':
    case 'templates':
    case 'machine-removed':
      return true;
    case 'machine': {
      const before = byId.get(event.machine.id);
      return before === undefined || before.name !== event.machine.name || before.throwaway !== event.machine.throwaway;
    }
    case 'activity':
    case 'task':
      return false;
  }
}
