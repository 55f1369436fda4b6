import { join, relative } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import { forceOff } from '../machine/force-off.ts';
import { judgeStatus } from '../machine/judge-status.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import type { TimelineChange } from './change-timeline.ts';
import { collect, measureMerges, removeUnreachable } from './collect.ts';
import { readLayerGraph } from './layer-graph.ts';
import { readLiveDisks, removeIdleNodes } from './live-disks.ts';
import { replaceLayer, withMerges } from './merge-journal.ts';
import { finishMerge } from './merge-layers.ts';
import { endLeftJobs } from './merge-live.ts';
import { release, stopSaving, waitUntilReleased } from './migration.ts';
import { readOwnLayer } from './own-layer.ts';
import { markForCollection } from './timeline-mark.ts';

/** Copied in a moment: what a guest wrote since a snapshot that failed, say. */
const quickBytes = 16 * 1024 * 1024;

/**
 * Puts in order what a change left whose process died: `machine.json` follows what a running QEMU really writes to, merges
 * whose copy is complete are finished, and what nothing needs is removed. Only quick work: `isFinished` is false while
 * layers remain whose merging takes long.
 */
export async function repairTimeline(change: TimelineChange): Promise<{ isFinished: boolean }> {
  markForCollection(change.site.store, change.note.bases);
  await change.withMachine(async (machine, definition) => {
    // A template runs only while somebody warms it, who is gone now.
    if (definition.template !== null) await forceOff(change.site.store, machine);
    if (definition.template !== null || machine.process === undefined || machine.run === undefined) return;
    await withMonitor(machine.run.runtimeFolder, (monitor) => settleLive(change, machine, definition, monitor));
  });
  await finishMerges(change);
  removeUnreachable(change);
  const bytesLeft = measureMerges(change);
  if (bytesLeft === null) return { isFinished: true };
  if (bytesLeft > quickBytes) return { isFinished: false };
  // Only tidying: what it fails with must not keep anybody from using the machine.
  const isFinished = await collect(change).then(
    () => true,
    () => false,
  );
  return { isFinished };
}

/** Ends what QEMU still does for the dead, and takes over what it has open. */
async function settleLive(
  change: TimelineChange,
  machine: ObservedMachine,
  definition: MachineDefinition,
  monitor: QmpClient,
): Promise<void> {
  await endLeftJobs(monitor);
  await stopSaving(monitor, change.patienceMs);
  await removeIdleNodes(monitor);
  const live = await readLiveDisks(monitor);
  let after = definition;
  for (const disk of definition.disks) {
    const open = live.get(disk.id)?.file;
    const file = open === undefined ? disk.file : relative(change.folder, open);
    if (file === disk.file) continue;
    const merge = definition.timeline.merges.find(({ from, into }) => from === disk.file && into === file);
    // Either it switched down at the end of a merge, or it was to switch up to an overlay that is still empty.
    if (merge !== undefined) after = replaceLayer(after, merge);
    else if (readOwnLayer(join(change.folder, disk.file)).backing === open) {
      after = { ...after, disks: after.disks.map((one) => (one.id === disk.id ? { ...one, file } : one)) };
    } else throw new Error(`QEMU writes to ${file} of ${change.name}, which machine.json does not tell of`);
  }
  if (after !== definition) await change.commit(() => after);
  // A suspend that only had to end QEMU, or a guest that stood still for a moment when whoever stopped it died.
  if (definition.timeline.memory !== null) await forceOff(change.site.store, machine);
  else {
    // Asked for anew: a guest that QEMU itself has just stopped counts as running, and what ended that leaves it paused.
    const status = await waitUntilReleased(monitor);
    const isToRun = change.note.isGuestStopped;
    if (isToRun && judgeStatus(status, machine.run).state === 'paused') await release(monitor, 'run');
    else if (status === 'postmigrate') await release(monitor, 'stay-paused');
    if (isToRun) change.writeNote({ isGuestStopped: false });
  }
}

/** A merge is complete once an owner has the lower layer, or QEMU made another overlay name it. */
async function finishMerges(change: TimelineChange): Promise<void> {
  const { definition } = change.site.store.find(change.id) ?? {};
  if (definition == null) return;
  for (const merge of definition.timeline.merges) {
    const into = join(change.folder, merge.into);
    const from = join(change.folder, merge.from);
    const layer = readLayerGraph(change.folder, definition).get(into);
    const isComplete = layer !== undefined && (layer.owner !== null || layer.dependents.some((path) => path !== from));
    if (isComplete) await finishMerge(change, merge);
    else {
      await change.commit((machine) =>
        withMerges(
          machine,
          machine.timeline.merges.filter((one) => one.from !== merge.from),
        ),
      );
    }
  }
}
