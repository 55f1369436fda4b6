import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { ActivityEntry, MachineSummary } from '../../contract/machine.ts';
import type { ThrowawayRecord } from '../../contract/template.ts';
import { describeEvent } from '../machine/activity.ts';
import { isSpare, isTemplate } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import { type ObservedMachine, observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { summarise } from '../machine/summarise.ts';
import { sweepLeftovers } from '../machine/sweep.ts';
import { isAlive, type ProcessIdentity } from '../qemu/qemu-process.ts';
import { machineFile } from '../storage/file-names.ts';
import { isExpired } from '../throwaway/plan-guard.ts';
import { isSpent, vanishIfSpent } from '../throwaway/vanish.ts';
import { type EventFollower, followEvents } from './follow-events.ts';

/** Told what changed. */
export interface WatchListener {
  machine(machine: MachineSummary): void;
  removed(id: string): void;
  /** Templates came, changed or went. */
  templates(): void;
  activity(id: string, entry: ActivityEntry): void;
}

/** Follows all machines while anybody listens; costs nothing otherwise. */
export interface MachineWatcher {
  /** Resolves with the machines as they are; changes after that go to the listener. */
  subscribe(listener: WatchListener): Promise<{ machines: MachineSummary[]; unsubscribe: () => void }>;
  close(): void;
}

/** A QEMU that is killed says nothing; this is how soon it is missed. */
const livenessMs = 400;
/** Everything is looked at again this often, should the kernel ever drop a notification. */
const auditMs = 30_000;
/** The same where inotify cannot be had. */
const blindAuditMs = 800;

interface Followed {
  summary: MachineSummary;
  /** All that a listener may want to read again when it changes. */
  fingerprint: string;
  /** Set of one that may be over at any time. */
  throwaway: ThrowawayRecord | null;
  startedAt: string | undefined;
  process: ProcessIdentity | undefined;
  events: EventFollower | undefined;
}

/**
 * One inotify watch on the machines folder sees every machine: whoever changes one sets its folder's time
 * (`MachineStore.announce`), which is an event in the parent. One more per running machine sees QEMU write its event log.
 * `onUnfinished` is told of machines whose deleted snapshots are still to be merged.
 */
export function createMachineWatcher(site: Site, onUnfinished: (ids: readonly string[]) => void): MachineWatcher {
  const listeners = new Set<WatchListener>();
  /** Listeners and those on their way to be one. */
  const holders = new Set<WatchListener>();
  const followed = new Map<string, Followed>();
  /** Fingerprints of the templates and their spares, by id. */
  const templates = new Map<string, string>();
  const turns = createTurns((id) => look(id));
  let stop: (() => void) | undefined;
  let started: Promise<void> | undefined;

  const tell = (act: (listener: WatchListener) => void): void => {
    for (const listener of listeners) act(listener);
  };

  const look = async (id: string): Promise<void> => {
    const stored = site.store.find(id);
    if (lookAtTemplate(id, stored)) return;
    const machine = stored === undefined ? undefined : await observeMachine(site.store, site.locks, stored);
    if (stop === undefined) return;
    if (machine !== undefined && isSpent(machine)) await vanishIfSpent(site, id);
    if (machine === undefined || site.store.find(id) === undefined) forget(id);
    else update(id, machine);
  };

  /** Whether it is a template or a spare of one, or was until now; machines are looked at further. */
  const lookAtTemplate = (id: string, stored: StoredMachine | undefined): boolean => {
    if (stop === undefined) return true;
    if (stored === undefined || !(isTemplate(stored) || isSpare(stored))) {
      if (!templates.delete(id)) return false;
      tell((listener) => listener.templates());
      return stored === undefined;
    }
    const fingerprint = JSON.stringify([stored.definition, readTime(stored)]);
    if (fingerprint !== templates.get(id)) tell((listener) => listener.templates());
    templates.set(id, fingerprint);
    // It may have been listed as broken until its definition was mended.
    forget(id);
    return true;
  };

  const forget = (id: string): void => {
    const entry = followed.get(id);
    if (entry === undefined) return;
    entry.events?.close();
    followed.delete(id);
    tell((listener) => listener.removed(id));
  };

  const update = (id: string, machine: ObservedMachine): void => {
    const summary = summarise(machine);
    const before = followed.get(id);
    const startedAt = machine.run?.startedAt;
    const { definition, problem } = machine.stored;
    const fingerprint = JSON.stringify([summary, definition, problem, machine.problems, startedAt, readTime(machine.stored)]);
    const throwaway = definition?.throwaway ?? null;
    const entry: Followed = { summary, throwaway, fingerprint, startedAt, process: machine.process, events: before?.events };
    followed.set(id, entry);
    if (before !== undefined && before.startedAt !== startedAt && machine.process !== undefined) {
      // Stopped and started between two looks: the log may be a new file.
      passOn(id, before);
      before.events?.close();
      entry.events = undefined;
    }
    if (machine.process !== undefined) entry.events ??= followMachine(id, machine);
    passOn(id, entry);
    if (machine.process === undefined) {
      entry.events?.close();
      entry.events = undefined;
    }
    if (fingerprint !== before?.fingerprint) tell((listener) => listener.machine(summary));
  };

  /** Events of before the watch began are history, which `machine.activity` gives. */
  const followMachine = (id: string, machine: ObservedMachine): EventFollower => {
    const since = Math.max(Date.parse(machine.run?.startedAt ?? '') || 0, watchingSince);
    return followEvents(join(machine.stored.folder, machineFile.events), since, () => turns.ask(id));
  };
  let watchingSince = 0;

  const passOn = (id: string, entry: Followed): void => {
    for (const event of entry.events?.take() ?? []) {
      const activity = describeEvent(event);
      if (activity !== undefined) tell((listener) => listener.activity(id, activity));
    }
  };

  /** Whoever watches stays for a while, and can do what takes long. */
  const sweep = async (): Promise<void> => {
    const { unfinished } = await sweepLeftovers(site).catch(() => ({ unfinished: [] }));
    if (unfinished.length > 0 && stop !== undefined) onUnfinished(unfinished);
  };

  const audit = async (): Promise<void> => {
    await sweep();
    for (const id of new Set([...followed.keys(), ...templates.keys(), ...site.store.listIds()])) turns.ask(id);
  };

  const checkLiveness = (): void => {
    for (const [id, { summary, process, throwaway }] of followed) {
      const isOver = throwaway !== null && isExpired(throwaway);
      if (isOver || summary.state === 'starting' || (process !== undefined && !isAlive(process))) turns.ask(id);
    }
  };

  const start = async (): Promise<void> => {
    watchingSince = Date.now();
    const { machines, runtime } = site.store.homes;
    const watchers = [machines, runtime].flatMap((folder) => watchFolder(folder, turns.ask));
    const timers = [
      setInterval(checkLiveness, livenessMs),
      setInterval(() => void audit(), watchers.length < 2 ? blindAuditMs : auditMs),
    ];
    stop = () => {
      for (const timer of timers) clearInterval(timer);
      for (const watcher of watchers) watcher.close();
      for (const entry of followed.values()) entry.events?.close();
      followed.clear();
      templates.clear();
      stop = undefined;
      started = undefined;
    };
    await sweep();
    await Promise.all(site.store.listIds().map((id) => look(id).catch(() => {})));
  };

  return {
    async subscribe(listener) {
      // From here on it holds the watch, also against another who leaves while this one waits.
      holders.add(listener);
      const unsubscribe = (): void => {
        listeners.delete(listener);
        holders.delete(listener);
        if (holders.size === 0) stop?.();
      };
      try {
        started ??= start();
        await started;
      } catch (error) {
        stop?.();
        unsubscribe();
        throw error;
      }
      listeners.add(listener);
      return { machines: [...followed.values()].map((entry) => entry.summary), unsubscribe };
    },
    close: () => {
      listeners.clear();
      holders.clear();
      stop?.();
    },
  };
}

/** What changes in files alone, as when layers are merged or memory is frozen, is seen by the time its announcement set. */
function readTime({ folder }: StoredMachine): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
}

function watchFolder(folder: string, onChange: (id: string) => void): FSWatcher[] {
  try {
    const watcher = watch(folder, (_kind, name) => {
      if (name !== null && /^[0-9a-z]{12}$/.test(name)) onChange(name);
    });
    watcher.on('error', () => {});
    return [watcher];
  } catch {
    return [];
  }
}

/** One look at a time per machine; what is asked during one makes one more. */
function createTurns(look: (id: string) => Promise<void>): { ask: (id: string) => void } {
  const busy = new Set<string>();
  const again = new Set<string>();
  const ask = (id: string): void => {
    if (busy.has(id)) {
      again.add(id);
      return;
    }
    busy.add(id);
    void look(id)
      .catch(() => {})
      .finally(() => {
        busy.delete(id);
        if (again.delete(id)) ask(id);
      });
  };
  return { ask };
}
