import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { checkName } from '../create/check-settings.ts';
import { recordActivity } from '../machine/activity.ts';
import { changeMachine, requireState } from '../machine/change-machine.ts';
import { claimName } from '../machine/claim-name.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import type { TaskContext } from '../task/task-list.ts';
import { changeTimeline } from '../timeline/change-timeline.ts';
import { detachMachine } from '../timeline/detach-machine.ts';
import { findBases } from '../timeline/find-pins.ts';
import { listFiles } from '../timeline/list-files.ts';

/**
 * Makes a throwaway a normal machine that needs nothing of its template, while it goes on. It is kept from the first moment on;
 * copying what it borrows takes longer, and can be cancelled or done again by `detach`. Gives its id.
 */
export async function keepThrowaway(site: Site, reference: string, name: string | undefined, task: TaskContext): Promise<string> {
  const { id, name: called } = getMachine(site.store, reference);
  if (name !== undefined) checkName(name);
  if (task.signal.aborted) throw new AppError('cancelled', `“${called}” was not kept: cancelled.`);
  await changeMachine(site, id, 'keep', task.signal, (machine) =>
    name === undefined || name === called
      ? promote(site, machine, called)
      : claimName(site, name, id, () => promote(site, machine, name)),
  );
  if (findBases(site.store, id).length === 0) return id;
  try {
    await changeTimeline(site, id, 'make independent', task, detachMachine);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `“${name ?? called}” is kept, but still builds on its template. ${error.message}`, {
      ...error,
      hint: 'Make it independent later: `bothy detach NAME`.',
    });
  }
  return id;
}

async function promote(site: Site, machine: ObservedMachine, name: string): Promise<void> {
  const { stored } = machine;
  if (getDefinition(stored).throwaway === null) {
    throw new AppError('wrong-state', `“${stored.name}” is no throwaway, so it stays anyway.`, {
      hint: 'There is nothing to do.',
    });
  }
  requireState(machine, ['running', 'paused', 'suspended'], 'kept');
  await makeLasting(site, machine, name);
  recordActivity(stored.folder, 'KEEP', 'Kept: it is a normal machine now');
}

/** From here on nothing ends it: neither the watcher of its QEMU, nor a look at what is spent. The caller holds its lock. */
export async function makeLasting(site: Site, { stored, run }: ObservedMachine, name: string): Promise<void> {
  const runtimeFolder = run?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id);
  for (const guard of [runtimeFile.guard, runtimeFile.heirGuard]) rmSync(join(runtimeFolder, guard), { force: true });
  // None of its files was synced while nobody would have missed them.
  const files = listFiles(stored.folder).map(({ path }) => path);
  await Promise.all(files.filter((path) => !path.startsWith(join(stored.folder, machineFile.logs))).map(syncFile));
  site.store.write({ ...getDefinition(stored), name, throwaway: null });
}
