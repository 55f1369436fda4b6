import { join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { DeletePlan } from '../../contract/snapshot.ts';
import { recordActivity } from '../machine/activity.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import type { TimelineChange } from './change-timeline.ts';
import { collect, listUnreachable } from './collect.ts';
import { estimateFreed } from './estimate-freed.ts';
import { findPins } from './find-pins.ts';
import { getSnapshot } from './find-snapshot.ts';
import { readLayerGraph } from './layer-graph.ts';
import { measure } from './list-files.ts';
import { planCollection } from './plan-collection.ts';

/** Says what deleting a snapshot would do; changes nothing. */
export function planDelete(store: MachineStore, id: string, reference: string, withDescendants: boolean): DeletePlan {
  const machine = getDefinition(getMachine(store, id));
  const folder = store.folderOf(id);
  const gone = listDeleted(machine, reference, withDescendants);
  const after = dropSnapshots(machine, gone);
  const pins = findPins(store, id);
  const graph = readLayerGraph(folder, after);
  const before = new Set(listUnreachable(folder, machine, readLayerGraph(folder, machine), pins));
  const removed = listUnreachable(folder, after, graph, pins)
    .filter((file) => !before.has(file))
    .map((file) => ({ file, bytes: measure(join(folder, file)) }));
  const { merges, kept } = planCollection(graph, pins);
  const owned = new Set(
    machine.timeline.snapshots.filter((one) => gone.has(one.id)).flatMap(({ layers }) => layers.map(({ file }) => file)),
  );
  return {
    snapshots: machine.timeline.snapshots.filter((one) => gone.has(one.id)).map((one) => ({ id: one.id, name: one.name })),
    removed,
    merged: merges.map(({ from, into, bytes }) => ({ file: relative(folder, from), into: relative(folder, into), bytes })),
    kept: kept
      .map(({ path, neededBy }) => ({ file: relative(folder, path), bytes: graph.get(path)?.actualSize ?? 0, neededBy }))
      .filter(({ file }) => owned.has(file)),
    freedBytes: removed.reduce((sum, { bytes }) => sum + bytes, 0) + estimateFreed(merges),
  };
}

/**
 * Deletes a snapshot, or it and all that grew from it. It is gone with one rename of `machine.json`; the merging of its layers
 * comes after that and may be cancelled: then they wait for the next time.
 */
export async function deleteSnapshot(change: TimelineChange, reference: string, withDescendants: boolean): Promise<DeletePlan> {
  const plan = planDelete(change.site.store, change.id, reference, withDescendants);
  const gone = new Set(plan.snapshots.map(({ id }) => id));
  await change.commit((machine) => dropSnapshots(machine, gone));
  const names = plan.snapshots.map(({ name }) => `“${name}”`).join(', ');
  recordActivity(change.folder, 'SNAPSHOT_DELETED', `Deleted the ${gone.size === 1 ? 'snapshot' : 'snapshots'} ${names}`);
  change.site.store.announce(change.id);
  try {
    await collect(change);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(
      error.code,
      `${names} ${gone.size === 1 ? 'is' : 'are'} deleted, but not all layers are merged. ${error.message}`,
      {
        hint: 'Nothing is lost: an open window, or the next deletion of a snapshot, merges the rest.',
        details: error.details,
        cause: error,
      },
    );
  }
  return plan;
}

function listDeleted(machine: MachineDefinition, reference: string, withDescendants: boolean): Set<string> {
  const gone = new Set([getSnapshot(machine, reference).id]);
  if (!withDescendants) return gone;
  // Parents come before their children in the list only as long as nothing was re-parented: go on until nothing is added.
  for (let size = 0; size !== gone.size; ) {
    size = gone.size;
    for (const { id, parent } of machine.timeline.snapshots) if (parent !== null && gone.has(parent)) gone.add(id);
  }
  return gone;
}

/** What grew from a deleted snapshot grows from its parent then. */
function dropSnapshots(machine: MachineDefinition, gone: ReadonlySet<string>): MachineDefinition {
  const { snapshots, current } = machine.timeline;
  const parents = new Map(snapshots.map(({ id, parent }) => [id, parent]));
  const findParent = (id: string | null): string | null =>
    id !== null && gone.has(id) ? findParent(parents.get(id) ?? null) : id;
  return {
    ...machine,
    timeline: {
      ...machine.timeline,
      current: findParent(current),
      snapshots: snapshots.filter(({ id }) => !gone.has(id)).map((one) => ({ ...one, parent: findParent(one.parent) })),
    },
  };
}
