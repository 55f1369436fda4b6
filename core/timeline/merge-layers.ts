import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { MergeRecord } from '../../contract/timeline.ts';
import type { ReportProgress } from '../image/qemu-img.ts';
import { createQemuImg } from '../image/qemu-img.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { syncFile } from '../storage/sync-file.ts';
import type { TimelineChange } from './change-timeline.ts';
import { estimateFreed } from './estimate-freed.ts';
import { readLayerGraph } from './layer-graph.ts';
import { buildBackingName } from './layer-names.ts';
import { readLiveNodes } from './live-disks.ts';
import { replaceLayer, withMerges } from './merge-journal.ts';
import { commitLive } from './merge-live.ts';
import { readOwnLayer } from './own-layer.ts';
import type { PlannedMerge } from './plan-collection.ts';

/**
 * Merges one layer down into its backing file, which nobody owns, and lets that take its place. Beginning, copy and end:
 * the journal in `machine.json` says how far it is, and until the copy is complete the upper layer stays the truth. The
 * copy can be made again from its beginning at any time.
 */
export async function mergeLayers(change: TimelineChange, merge: PlannedMerge, report: ReportProgress): Promise<void> {
  const record: MergeRecord = {
    disk: merge.disk,
    from: relative(change.folder, merge.from),
    into: relative(change.folder, merge.into),
  };
  checkFreeSpace(change.folder, Math.max(0, merge.bytes - estimateFreed([merge])), `Merging layers of “${change.name}”`);
  await change.commit((machine) => withMerges(machine, [...machine.timeline.merges, record]));
  try {
    await copyDown(change, record, report);
  } catch (error) {
    await change.commit((machine) =>
      withMerges(
        machine,
        machine.timeline.merges.filter((one) => one.from !== record.from),
      ),
    );
    throw error;
  }
  await finishMerge(change, record);
}

/** What comes after the copy: the lower layer takes the place of the upper one, whose file goes. Can be repeated. */
export async function finishMerge(change: TimelineChange, record: MergeRecord): Promise<void> {
  await change.commit((machine) => replaceLayer(machine, record));
  const qemuImg = createQemuImg(change.site.host, change.site.environment);
  const from = join(change.folder, record.from);
  const into = join(change.folder, record.into);
  for (const overlay of listOverlaysOn(change, from)) {
    await qemuImg.renameBacking(overlay, buildBackingName(overlay, into));
    await syncFile(overlay);
  }
  rmSync(from, { force: true });
  await change.commit((machine) =>
    withMerges(
      machine,
      machine.timeline.merges.filter((one) => one.from !== record.from),
    ),
  );
}

/** All layers of the machine that build directly on a file, whoever may own that. */
function listOverlaysOn(change: TimelineChange, path: string): string[] {
  const stored = change.site.store.find(change.id);
  if (stored?.definition == null) return [];
  const graph = readLayerGraph(change.folder, stored.definition);
  return [...graph.values()].filter(({ backing }) => backing === path).map((layer) => layer.path);
}

/** By QEMU when it has the layers open, else by qemu-img. */
async function copyDown(change: TimelineChange, record: MergeRecord, report: ReportProgress): Promise<void> {
  const from = join(change.folder, record.from);
  const into = join(change.folder, record.into);
  const machine = await change.withMachine(async (observed) => observed);
  if (await isOpen(machine, into)) {
    await commitLive(change, machine, record, report);
    return;
  }
  // A layer that was never written holds nothing to copy, only perhaps a larger size, which qemu-img carries over.
  if (readOwnLayer(from).virtualSize < readOwnLayer(into).virtualSize) throw new Error(`${from} is smaller than ${into}`);
  const qemuImg = createQemuImg(change.site.host, change.site.environment);
  await qemuImg.commit(from, report, change.signal);
  await syncFile(into);
}

async function isOpen({ process, run }: ObservedMachine, path: string): Promise<boolean> {
  if (process === undefined || run === undefined) return false;
  return withMonitor(run.runtimeFolder, async (monitor) => (await readLiveNodes(monitor)).has(path));
}
