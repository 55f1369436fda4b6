import { errorToData } from '../../contract/app-error.ts';
import type { TemplateCheck, TemplateInfo } from '../../contract/template.ts';
import type { Client } from '../client/client.ts';
import { applyTemplates, type TemplateStore } from './template-store.ts';

/** What a template is made with; see `template.create`. */
export interface TemplateWish {
  readonly name: string;
  readonly note: string;
  readonly isWarm: boolean;
  readonly isFull: boolean;
  readonly readyWhen: string | null;
  readonly timeoutSeconds: number | null;
}

/** What the window does with templates. All but `refresh` throw, for the dialog that asked shows the error. */
export interface TemplateActions {
  /** Reads the list anew; asked while one read is under way, it makes one more. Trouble is kept in the store. */
  refresh(): Promise<void>;
  create(machine: string, wish: TemplateWish): Promise<TemplateInfo>;
  /** Freezes its memory anew; `readyWhen` null leaves the condition it has. */
  warm(template: string, wish: { readyWhen: string | null; timeoutSeconds: number | null }): Promise<void>;
  makeCold(template: string): Promise<void>;
  edit(template: string, values: { name?: string; note?: string; keepReady?: number }): Promise<void>;
  check(template: string): Promise<TemplateCheck>;
  /** `detach`: what builds on it is made independent first. */
  remove(template: string, options: { detach: boolean }): Promise<void>;
}

export function createTemplateActions(client: Client, store: TemplateStore): TemplateActions {
  const { template: call } = client.call;
  let reading: Promise<void> | null = null;
  let isStale = false;
  const read = async (): Promise<void> => {
    do {
      isStale = false;
      await call.list({}).then(
        (templates) => store.setState((state) => applyTemplates(state, templates), true),
        (error: unknown) => store.setState({ error: errorToData(error) }),
      );
    } while (isStale);
    reading = null;
  };
  const refresh = (): Promise<void> => {
    if (reading === null) reading = read();
    else isStale = true;
    return reading;
  };
  const afterwards = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      await refresh();
    }
  };
  return {
    refresh,
    create: (machine, { name, note, isWarm, isFull, readyWhen, timeoutSeconds }) =>
      afterwards(
        call.create({
          machine,
          name,
          warm: isWarm,
          full: isFull,
          ...(note === '' ? {} : { note }),
          ...(readyWhen === null ? {} : { readyWhen }),
          ...(timeoutSeconds === null ? {} : { timeoutSeconds }),
        }),
      ),
    warm: async (template, { readyWhen, timeoutSeconds }) => {
      await afterwards(
        call.rebuild({
          template,
          ...(readyWhen === null ? {} : { readyWhen }),
          ...(timeoutSeconds === null ? {} : { timeoutSeconds }),
        }),
      );
    },
    makeCold: async (template) => {
      await afterwards(call.rebuild({ template, cold: true }));
    },
    edit: async (template, values) => {
      await afterwards(call.edit({ template, ...values }));
    },
    check: (template) => call.check({ template }),
    remove: async (template, { detach }) => {
      await afterwards(call.delete({ template, ...(detach ? { detach } : {}) }));
    },
  };
}
