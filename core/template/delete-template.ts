import { AppError } from '../../contract/app-error.ts';
import { deleteStored } from '../machine/delete-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import type { Site } from '../machine/site.ts';
import { withoutSpares } from '../spare/dismiss-spares.ts';
import type { TaskContext } from '../task/task-list.ts';
import { changeTimeline } from '../timeline/change-timeline.ts';
import { detachMachine } from '../timeline/detach-machine.ts';
import { findPins, listPinning } from '../timeline/find-pins.ts';

/**
 * Deletes a template. Machines that build on it, running ones too, are made independent first if `isDetachWanted`; else it is
 * refused with their names.
 */
export async function deleteTemplate(
  site: Site,
  stored: StoredMachine,
  isDetachWanted: boolean,
  task: TaskContext,
): Promise<{ id: string; name: string }> {
  return withoutSpares(site, stored, task.signal, async () => {
    if (isDetachWanted) await detachAll(site, stored, task);
    const { id, name } = await deleteStored(site, stored, false, task.signal);
    return { id, name };
  });
}

/** One after the other; one that vanished meanwhile, as throwaways do, needs nothing any more. */
async function detachAll(site: Site, { id, name }: StoredMachine, task: TaskContext): Promise<void> {
  const users = listPinning(findPins(site.store, id));
  const other = users.find((user) => site.store.find(user.id)?.definition?.template != null);
  if (other !== undefined) {
    throw new AppError('wrong-state', `“${name}” cannot be deleted: the template “${other.name}” builds on it.`, {
      hint: `Delete that first: \`bothy template delete ${other.name}\`.`,
    });
  }
  for (const [index, user] of users.entries()) {
    const found = site.store.find(user.id);
    if (found === undefined) continue;
    const progress = (fraction: number | null): void =>
      task.progress((index + (fraction ?? 0)) / users.length, `Making “${user.name}” independent`);
    progress(0);
    await changeTimeline(site, found, 'make independent', { signal: task.signal, progress }, detachMachine).catch(
      (error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        const isGone = site.store.find(user.id) === undefined;
        const buildsStill = listPinning(findPins(site.store, id)).some((one) => one.id === user.id);
        if (!isGone && buildsStill) throw error;
      },
    );
  }
}
