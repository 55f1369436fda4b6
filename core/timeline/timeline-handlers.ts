import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDefinition, MachineSummary } from '../../contract/machine.ts';
import type { TimelineInfo } from '../../contract/snapshot.ts';
import type { Handlers } from '../handlers.ts';
import { changeMachine } from '../machine/change-machine.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { savedFile } from '../storage/file-names.ts';
import type { TaskList } from '../task/task-list.ts';
import { changeTimeline } from './change-timeline.ts';
import { checkSnapshotName, checkSnapshotNote, getSnapshot } from './find-snapshot.ts';
import { buildSnapshotFolder } from './layer-names.ts';

/** The handlers of snapshots; what long work needs is loaded when it is asked for. */
export function createTimelineHandlers(
  site: Site,
  tasks: TaskList,
  summary: (reference: string) => Promise<MachineSummary>,
): Handlers['snapshot'] {
  const describe = async (reference: string): Promise<TimelineInfo> => {
    const machine = await observeMachine(site.store, site.locks, getMachine(site.store, reference));
    const { describeTimeline } = await import('./describe-timeline.ts');
    return describeTimeline(site.store, getDefinition(machine.stored), machine.process !== undefined);
  };
  const find = (reference: string): MachineDefinition => getDefinition(getMachine(site.store, reference));

  return {
    list: ({ machine }) => describe(machine),
    create: ({ machine, name, note }, context) => {
      const { id, name: machineName } = getMachine(site.store, machine);
      return tasks.run(`Snapshot of “${machineName}”`, id, context, async (task) => {
        const [{ takeSnapshot }, { describeSnapshot }, { findPins }] = await Promise.all([
          import('./take-snapshot.ts'),
          import('./describe-timeline.ts'),
          import('./find-pins.ts'),
        ]);
        const taken = await changeTimeline(site, id, 'take a snapshot', task, (change) => takeSnapshot(change, { name, note }));
        const snapshot = describeSnapshot(site.store.folderOf(id), find(id), taken.id, findPins(site.store, id));
        if (snapshot === undefined) throw new Error(`snapshot ${taken.id} was deleted as soon as it was taken`);
        return { snapshot, method: taken.method, pausedMs: taken.pausedMs };
      });
    },
    restore: ({ machine, ...wish }, context) => {
      const { id, name } = getMachine(site.store, machine);
      const snapshot = getSnapshot(find(id), wish.snapshot).name;
      return tasks.run(`Restore “${snapshot}” of “${name}”`, id, context, async (task) => {
        const { restoreSnapshot } = await import('./restore-snapshot.ts');
        await changeTimeline(site, id, 'restore a snapshot', task, (change) => restoreSnapshot(change, wish));
        return summary(id);
      });
    },
    plan: async ({ machine, snapshot, descendants }) => {
      const { planDelete } = await import('./delete-snapshot.ts');
      return planDelete(site.store, getMachine(site.store, machine).id, snapshot, descendants ?? false);
    },
    delete: ({ machine, snapshot, descendants }, context) => {
      const { id, name } = getMachine(site.store, machine);
      return tasks.run(`Delete a snapshot of “${name}”`, id, context, async (task) => {
        const { deleteSnapshot } = await import('./delete-snapshot.ts');
        return changeTimeline(site, id, 'delete a snapshot', task, (change) =>
          deleteSnapshot(change, snapshot, descendants ?? false),
        );
      });
    },
    edit: async ({ machine, snapshot, name, note }, { signal }) => {
      const { id } = getMachine(site.store, machine);
      await changeMachine(site, id, 'rename a snapshot', signal, async ({ stored }) => {
        const definition = getDefinition(stored);
        const found = getSnapshot(definition, snapshot);
        if (name !== undefined) checkSnapshotName(definition, name, found.id);
        if (note !== undefined) checkSnapshotNote(note);
        const edited = { ...found, name: name ?? found.name, note: note ?? found.note };
        const snapshots = definition.timeline.snapshots.map((one) => (one.id === found.id ? edited : one));
        site.store.write({ ...definition, timeline: { ...definition.timeline, snapshots } });
      });
      return describe(id);
    },
    thumbnail: async ({ machine, snapshot }) => {
      const definition = find(machine);
      const folder = join(site.store.folderOf(definition.id), buildSnapshotFolder(getSnapshot(definition, snapshot).id));
      return { pngBase64: readPicture(join(folder, savedFile.thumbnail)) };
    },
  };
}

function readPicture(path: string): string | null {
  try {
    return readFileSync(path).toString('base64');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
