import type { TemplateDefinition } from '../machine/find-machine.ts';
import { isTemplate } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import type { Lock } from '../storage/lock.ts';
import { isExpired } from '../throwaway/plan-guard.ts';
import { vanish } from '../throwaway/vanish.ts';
import type { MachineWatcher } from '../watch/machine-watcher.ts';
import { findSpares } from './find-spares.ts';
import { makeSpare } from './make-spare.ts';

/** Keeps clones ready of the templates that want it, as long as this process is there. */
export interface SpareKeeper {
  start(): void;
  /** Why the last spare of a template could not be made; null when there was nothing to say. */
  problemOf(templateId: string): string | null;
  /** Throws away those of this process. */
  close(): Promise<void>;
}

/** After a change there is something to do for whoever made it, which goes first. */
const afterChangeMs = 1000;
/** What failed is tried again after this long. */
const afterFailureMs = 30_000;

export function createSpareKeeper(site: Site, watcher: MachineWatcher): SpareKeeper {
  const failures = new Map<string, { reason: string; at: number }>();
  const closing = new AbortController();
  let unsubscribe: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  let isStarted = false;

  const askSoon = (ms = afterChangeMs): void => {
    if (closing.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      round = round.then(lookAtAll).catch(() => {});
    }, ms);
    timer.unref();
  };

  const lookAtAll = async (): Promise<void> => {
    for (const stored of site.store.list()) {
      if (closing.signal.aborted) return;
      const { definition } = stored;
      if (definition?.template != null) await topUp({ ...definition, template: definition.template });
    }
    if (failures.size > 0) askSoon(afterFailureMs);
  };

  const topUp = async (template: TemplateDefinition): Promise<void> => {
    const spares = findSpares(site.store, template.id);
    const wanted = template.template.warm === null ? 0 : (template.template.keepReady ?? 0);
    if (wanted === 0) failures.delete(template.id);
    if (wanted === 0 && spares.length === 0) return;
    const lock = await site.locks.tryAcquire(keeperLockName(template.id), 'keep machines ready');
    if (lock === undefined) return askSoon();
    try {
      await balance(template, wanted);
    } finally {
      await lock.release();
    }
  };

  /** Throws away what is of no use, then makes what is lacking, one after the other. */
  const balance = async (template: TemplateDefinition, wanted: number): Promise<void> => {
    const isFresh = (spare: StoredMachine): boolean => {
      const record = spare.definition?.throwaway ?? null;
      const isOfNow = record?.spareOf === template.template.warm?.folder;
      return isOfNow && record !== null && !isExpired(record);
    };
    const spares = findSpares(site.store, template.id);
    const fresh = spares.filter(isFresh);
    for (const spare of [...spares.filter((one) => !isFresh(one)), ...fresh.slice(wanted)]) await dismiss(site, spare.id, true);
    let living = 0;
    for (const spare of fresh.slice(0, wanted)) {
      const isGone = findRun(site.store, spare).process === undefined && (await dismiss(site, spare.id, false));
      if (!isGone) living += 1;
    }
    const failure = failures.get(template.id);
    if (failure !== undefined && performance.now() - failure.at < afterFailureMs) return;
    for (; living < wanted && !closing.signal.aborted; living += 1) {
      try {
        await makeSpare(site, template.id, closing.signal);
        failures.delete(template.id);
      } catch (error) {
        if (closing.signal.aborted) return;
        failures.set(template.id, { reason: (error as Error).message, at: performance.now() });
        const stored = site.store.find(template.id);
        if (stored !== undefined && isTemplate(stored)) site.store.announce(template.id);
        return;
      }
    }
  };

  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      const listener = { machine: () => {}, removed: () => askSoon(), templates: () => askSoon(), activity: () => {} };
      void watcher.subscribe(listener).then(
        (subscription) => {
          unsubscribe = subscription.unsubscribe;
          if (closing.signal.aborted) unsubscribe();
        },
        () => {},
      );
      askSoon(0);
    },
    problemOf: (templateId) => failures.get(templateId)?.reason ?? null,
    async close() {
      closing.abort();
      clearTimeout(timer);
      unsubscribe?.();
      await round;
      if (isStarted) await dismissOwn(site);
    },
  };
}

/** Held by whoever makes or throws away the spares of a template. */
function keeperLockName(templateId: string): string {
  return `ready-${templateId}`;
}

/** Does something to a template for which it must have no spares, nor get any meanwhile. */
export async function withoutSpares<T>(site: Site, { id, name }: StoredMachine, act: () => Promise<T>): Promise<T> {
  const subject = `the machines of “${name}” that are kept ready`;
  const lock: Lock = await site.locks.acquire(keeperLockName(id), 'throw away', { subject, waitMs: 30_000 });
  try {
    for (const spare of findSpares(site.store, id)) await dismiss(site, spare.id, true);
    return await act();
  } finally {
    await lock.release();
  }
}

async function dismissOwn(site: Site): Promise<void> {
  for (const { id, definition } of site.store.list()) {
    const { spareOf, owner } = definition?.throwaway ?? {};
    if (spareOf !== undefined && owner?.pid === process.pid) await dismiss(site, id, true).catch(() => false);
  }
}

/** Throws a spare away unless somebody has claimed it; one whose QEMU lives only when that `isWanted`. Whether it is gone. */
async function dismiss(site: Site, id: string, isWanted: boolean): Promise<boolean> {
  const lock = await site.locks.tryAcquire(id, 'throw away');
  if (lock === undefined) return false;
  try {
    const stored = site.store.find(id);
    if (stored === undefined) return true;
    if (stored.definition?.throwaway?.spareOf === undefined) return false;
    const found = findRun(site.store, stored);
    if (found.process !== undefined && !isWanted) return false;
    await vanish(site, { stored, ...found });
    return true;
  } finally {
    await lock.release();
  }
}
