import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { recordActivity } from '../machine/activity.ts';
import { requireState } from '../machine/change-machine.ts';
import { forceOff } from '../machine/force-off.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { savedFile } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { changeTimeline, type TimelineOptions } from './change-timeline.ts';
import { explainEnd } from './explain-end.ts';
import { guessMemoryBytes } from './guess-memory.ts';
import { keepThumbnail } from './keep-thumbnail.ts';
import { makeGeneration } from './layer-names.ts';
import { saveMemory } from './save-memory.ts';
import { writeSavedState } from './saved-state.ts';

/**
 * Saves a machine's memory to disk and ends its QEMU; the next start goes on from there, also after the host restarted. The
 * machine is suspended once `machine.json` names the memory; before that it goes on as if nothing had happened.
 */
export function suspendMachine(site: Site, reference: string, options: TimelineOptions): Promise<void> {
  return changeTimeline(site, reference, 'suspend', options, async (change) => {
    const machine = await change.withMachine(async (observed) => observed);
    const { run } = machine;
    if (machine.process === undefined || run === undefined) requireState(machine, [], 'suspended');
    else requireState(machine, ['running', 'paused'], 'suspended');
    if (run === undefined) return;
    checkFreeSpace(change.folder, guessMemoryBytes(machine), 'Suspending');
    const name = `suspended-${makeGeneration()}`;
    const folder = join(change.folder, name);
    mkdirSync(folder, { mode: 0o700 });
    change.progress(null, 'Saving memory');
    await keepThumbnail(run.runtimeFolder, folder);
    const { state, bytes } = await saveMemory(change, {
      file: join(folder, savedFile.memory),
      guest: 'stay',
      atStandstill: async () => {},
    }).catch(async (error: unknown) => {
      throw await explainEnd(change, error);
    });
    writeSavedState(folder, {
      schemaVersion: 1,
      savedAt: new Date().toISOString(),
      configuration: run.configuration,
      memory: {
        state,
        accelerator: run.accelerator,
        qemuVersion: run.qemuVersion,
        launch: run.launch,
        bytes,
      },
    });
    syncFolder(folder);
    await change.withMachine(async (now) => {
      if (now.process === undefined) requireState(now, [], 'suspended');
      await checkStillSaved(change.name, run.runtimeFolder);
      await change.commit((latest) => ({ ...latest, timeline: { ...latest.timeline, memory: name } }));
      await forceOff(site.store, now);
    });
    recordActivity(change.folder, 'SUSPEND', 'Suspended to disk');
  });
}

/** Throws `wrong-state` when somebody let the guest go on since it was saved: its disks are ahead of that memory then. */
async function checkStillSaved(name: string, runtimeFolder: string): Promise<void> {
  const { status } = await withMonitor(runtimeFolder, (monitor) => monitor.execute<{ status: string }>('query-status'));
  if (status === 'postmigrate' || status === 'finish-migrate') return;
  throw new AppError('wrong-state', `“${name}” was resumed while it was saved, so it is not suspended.`, { hint: 'Try again.' });
}
