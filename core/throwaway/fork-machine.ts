import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { checkName } from '../create/check-settings.ts';
import { recordActivity } from '../machine/activity.ts';
import { changeMachine } from '../machine/change-machine.ts';
import { checkFree } from '../machine/claim-name.ts';
import { getMachine } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskContext } from '../task/task-list.ts';
import { adoptMemory } from '../timeline/adopt-memory.ts';
import { changeTimeline, type TimelineChange } from '../timeline/change-timeline.ts';
import { tidy } from '../timeline/collect.ts';
import { holdMoment } from '../timeline/copy-source.ts';
import { buildCopy, placeCopy } from '../timeline/place-copy.ts';
import { checkDisksCanBranch } from '../timeline/preflight-snapshot.ts';
import { startFromTimeline } from '../timeline/start-from-timeline.ts';
import { introduce } from './introduce.ts';
import { makeLasting } from './keep-throwaway.ts';
import { describeOwner } from './plan-guard.ts';
import { throwAway } from './vanish.ts';

export interface Fork {
  readonly id: string;
  /** How long the original stood still, in ms; null when it did not run. */
  readonly pausedMs: number | null;
}

/**
 * Makes a second machine that goes on from this moment of the first, memory included; the first goes on too. A fork is a normal
 * machine, also that of a throwaway. Until it has been started it is a throwaway of this process, so that nothing is left of one that cannot be
 * started, whoever dies.
 */
export async function forkMachine(
  site: Site,
  reference: string,
  wish: { readonly name?: string | undefined },
  task: TaskContext,
): Promise<Fork> {
  const original = getMachine(site.store, reference);
  const name = wish.name ?? suggestName(site, original.name);
  checkName(name);
  checkFree(site, name, '');
  const fork = await changeTimeline(site, original.id, 'fork', task, (change) => makeFork(change, name));
  task.progress(null, 'Starting the fork');
  try {
    await startFromTimeline(site, fork.id, task);
    await changeMachine(site, fork.id, 'fork', undefined, (machine) => makeLasting(site, machine, name));
  } catch (error) {
    const stored = site.store.find(fork.id);
    if (stored !== undefined) await throwAway(site, stored, undefined).catch(() => {});
    throw error;
  }
  const { definition } = getMachine(site.store, fork.id);
  if (definition !== null && fork.isRunning) await introduce(site.store.runtimeFolderOf(fork.id), definition);
  return { id: fork.id, pausedMs: fork.pausedMs };
}

async function makeFork(change: TimelineChange, name: string): Promise<Fork & { isRunning: boolean }> {
  const definition = await change.withMachine(async (_machine, found) => found);
  checkDisksCanBranch(definition);
  const source = await holdMoment(change);
  const { memory } = source;
  if (memory === null) throw new AppError('internal', `“${change.name}” was held without its memory.`);
  const machine: MachineDefinition = {
    ...buildCopy(source.configuration, name),
    tags: definition.tags,
    origin: definition.origin,
    throwaway: { owner: describeOwner(), expiresAt: null },
  };
  const facts = { ...memory.facts, isForeign: true };
  try {
    await placeCopy(change, source, {
      machine,
      isFull: false,
      finish: async (workshop, placed) => adoptMemory(workshop, placed, source.configuration, { file: memory.file, facts }),
    });
  } finally {
    // Nothing builds on a throwaway, which gets its layers back in one piece.
    await tidy(change, { merge: definition.throwaway !== null });
  }
  recordActivity(change.site.store.folderOf(machine.id), 'CREATE', `Forked from “${change.name}”`);
  recordActivity(change.folder, 'FORK', `Forked as “${name}”`);
  return { id: machine.id, pausedMs: memory.pausedMs, isRunning: facts.state === 'running' };
}

/** `web-fork`, then `web-fork2` and so on. */
function suggestName(site: Site, name: string): string {
  const names = new Set(site.store.list().map((machine) => machine.name));
  const base = `${name.slice(0, 54)}-fork`;
  let suggested = base;
  for (let number = 2; names.has(suggested); number += 1) suggested = `${base}${number}`;
  return suggested;
}
