import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { changeMachine } from '../machine/change-machine.ts';
import { getTemplate } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { isExpired } from '../throwaway/plan-guard.ts';
import type { MachineWatcher } from '../watch/machine-watcher.ts';
import { dismissSpare, keeperLockName } from './dismiss-spares.ts';
import { findSpares } from './find-spares.ts';
import { findSpareFacts } from './spare-facts.ts';

/** Keeps clones ready of the templates that want it, as long as this process is there. */
export interface SpareKeeper {
  start(): void;
  /** Throws away those of this process. */
  close(): Promise<void>;
}

/** After a change there is something to do for whoever made it, which goes first. */
const afterChangeMs = 1000;
/** What failed is tried again after this long. */
const afterFailureMs = 30_000;
/** A QEMU that ends or hangs tells nobody. */
const auditMs = 20_000;
const patienceMs = 1500;

export function createSpareKeeper(site: Site, watcher: MachineWatcher): SpareKeeper {
  /** When the last try failed, and with which memory. */
  const failures = new Map<string, { at: number; memory: string | undefined }>();
  const closing = new AbortController();
  let unsubscribe: (() => void) | undefined;
  let soon: NodeJS.Timeout | undefined;
  let audit: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();

  const askSoon = (): void => {
    if (closing.signal.aborted) return;
    clearTimeout(soon);
    soon = setTimeout(ask, afterChangeMs);
    soon.unref();
  };

  const ask = (): void => {
    // A home that cannot be read at this moment is read at the next look.
    round = round.then(lookAtAll).catch(() => {});
  };

  /** One thing for each template in turn, so that none waits for all that another lacks. */
  const lookAtAll = async (): Promise<void> => {
    let waiting = listTemplateIds(site);
    while (waiting.length > 0 && !closing.signal.aborted) {
      const more: string[] = [];
      for (const id of waiting) {
        if (await stepSafely(id)) more.push(id);
      }
      waiting = more;
    }
  };

  /** Whether there is more to do. */
  const stepSafely = async (id: string): Promise<boolean> => {
    try {
      return !closing.signal.aborted && (await step(id));
    } catch (error) {
      if (closing.signal.aborted) return false;
      if (error instanceof AppError && error.code === 'busy') {
        askSoon();
        return false;
      }
      failures.set(id, { at: performance.now(), memory: findWish(site, id).memory });
      await noteProblem(site, id, (error as Error).message);
      return false;
    }
  };

  const step = async (id: string): Promise<boolean> => {
    const spares = findSpares(site.store, id);
    if (spares.length === 0 && findWish(site, id).count === 0) return false;
    const lock = await site.locks.tryAcquire(keeperLockName(id), 'keep machines ready');
    if (lock === undefined) {
      askSoon();
      return false;
    }
    try {
      return await changeOne(id);
    } finally {
      await lock.release();
    }
  };

  /** Throws away all that are of no use, or else makes one that is lacking. Goes by what is wanted at this moment. */
  const changeOne = async (id: string): Promise<boolean> => {
    const wish = findWish(site, id);
    const spares = findSpares(site.store, id);
    const useful: StoredMachine[] = [];
    for (const spare of spares) if (await isUseful(site, spare, wish.memory)) useful.push(spare);
    const useless = spares.filter((spare) => !useful.slice(0, wish.count).includes(spare));
    for (const spare of useless) await dismissSpare(site, spare, closing.signal);
    if (useful.length >= wish.count || hasJustFailed(id, wish.memory)) return false;
    const { makeSpare } = await import('./make-spare.ts');
    await makeSpare(site, id, closing.signal);
    failures.delete(id);
    await noteProblem(site, id, undefined);
    return useful.length + 1 < wish.count;
  };

  const hasJustFailed = (id: string, memory: string | undefined): boolean => {
    const failure = failures.get(id);
    return failure !== undefined && failure.memory === memory && performance.now() - failure.at < afterFailureMs;
  };

  return {
    start() {
      if (audit !== undefined) return;
      const listener = { machine: () => {}, removed: askSoon, templates: askSoon, activity: () => {} };
      // Where nothing can be watched, the audit sees it.
      void watcher.subscribe(listener).then(
        (subscription) => {
          unsubscribe = subscription.unsubscribe;
          if (closing.signal.aborted) unsubscribe();
        },
        () => {},
      );
      audit = setInterval(ask, auditMs);
      audit.unref();
      ask();
    },
    async close() {
      closing.abort();
      clearTimeout(soon);
      clearInterval(audit);
      unsubscribe?.();
      await round;
      if (audit === undefined) return;
      for (const stored of site.store.list()) {
        const { spareOf, owner } = stored.definition?.throwaway ?? {};
        // What is held now ends by its watcher, and goes with the next look.
        if (spareOf !== undefined && owner?.pid === process.pid) await dismissSpare(site, stored).catch(() => {});
      }
    },
  };
}

function listTemplateIds(site: Site): string[] {
  return site.store.list().flatMap(({ id, definition }) => (definition?.template == null ? [] : [id]));
}

/** How many are wanted, and of which memory. */
function findWish(site: Site, id: string): { count: number; memory: string | undefined } {
  const template = site.store.find(id)?.definition?.template ?? null;
  const memory = template?.warm?.folder;
  return { count: memory === undefined ? 0 : (template?.keepReady ?? 0), memory };
}

/** Whether somebody could claim it: it is whole, of the memory its template has now, and its QEMU answers and stands still. */
async function isUseful(site: Site, stored: StoredMachine, memory: string | undefined): Promise<boolean> {
  const record: MachineDefinition['throwaway'] = stored.definition?.throwaway ?? null;
  const { run, process: qemu } = findRun(site.store, stored);
  if (record === null || record.spareOf !== memory || isExpired(record) || run === undefined || qemu === undefined) return false;
  if (findSpareFacts(run.runtimeFolder) === undefined) return false;
  try {
    const ask = { timeoutMs: patienceMs };
    const { status } = await withMonitor(
      run.runtimeFolder,
      (monitor) => monitor.execute<{ status: string }>('query-status', undefined, ask),
      ask,
    );
    return status === 'paused';
  } catch {
    return false;
  }
}

/** For those who list the template, in whatever process; a template that is gone, or a full disk, is in nobody's way. */
async function noteProblem(site: Site, id: string, readyProblem: string | undefined): Promise<void> {
  try {
    if (getTemplate(site.store, id).definition.template.readyProblem === readyProblem) return;
    await changeMachine(site, getTemplate(site.store, id), 'note why none is ready', undefined, async () => {
      const { definition } = getTemplate(site.store, id);
      site.store.write({ ...definition, template: { ...definition.template, readyProblem } });
    });
  } catch {
    // What is not noted is found again.
  }
}
