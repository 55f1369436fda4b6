import { AppError } from '../../contract/app-error.ts';
import { createQemuImg } from '../image/qemu-img.ts';
import { recordActivity } from '../machine/activity.ts';
import { getById, getDefinition } from '../machine/find-machine.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { syncFile } from '../storage/sync-file.ts';
import type { TimelineChange } from './change-timeline.ts';
import { findBases, findPins } from './find-pins.ts';
import { type LayerNode, readLayerGraph } from './layer-graph.ts';
import { readLiveNodes } from './live-disks.ts';
import { followJob, jobPrefix } from './merge-live.ts';
import { readOwnChain } from './own-layer.ts';
import { markForCollection } from './timeline-mark.ts';

/**
 * Makes a linked clone independent: what its layers borrow from other machines is copied into them, by QEMU while the machine
 * is on. What a layer holds does not change by that, so it can be cancelled, or killed, and begun again.
 */
export async function detachMachine(change: TimelineChange): Promise<void> {
  const layers = listBorrowing(change);
  if (layers.length === 0) {
    throw new AppError('wrong-state', `“${change.name}” is independent: its disks build on no other machine.`, {
      hint: 'There is nothing to do.',
    });
  }
  await checkNobodyReads(change, layers);
  const sizes = layers.map(({ path }) =>
    readOwnChain(path)
      .slice(1)
      .reduce((sum, { actualSize }) => sum + actualSize, 0),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  checkFreeSpace(change.folder, total, `Making “${change.name}” independent`);
  const bases = findBases(change.site.store, change.id).map(({ id }) => id);
  change.writeNote({ bases });
  let done = 0;
  for (const [index, { path, disk }] of layers.entries()) {
    const bytes = sizes[index] ?? 0;
    const report = (fraction: number | null): void =>
      change.progress(total === 0 ? null : (done + bytes * (fraction ?? 0)) / total, 'Copying what it borrows');
    if (!(await absorbLive(change, path, disk, report))) {
      await createQemuImg(change.site.host, change.site.environment).absorbBacking(path, report, change.signal);
    }
    await syncFile(path);
    done += bytes;
  }
  markForCollection(change.site.store, bases);
  recordActivity(change.folder, 'DETACH', 'Made independent of other machines');
}

/** Throws `wrong-state` while another machine that runs has one of the layers open: its QEMU keeps others from writing there. */
async function checkNobodyReads({ site, id, name }: TimelineChange, layers: readonly LayerNode[]): Promise<void> {
  const pins = findPins(site.store, id);
  for (const reader of layers.flatMap(({ path }) => pins.get(path) ?? [])) {
    const stored = site.store.find(reader.id);
    if (stored === undefined || (await observeMachine(site.store, site.locks, stored)).process === undefined) continue;
    throw new AppError('wrong-state', `“${name}” cannot be made independent while “${reader.name}” runs, which builds on it.`, {
      hint: `Shut that down first (\`bothy shutdown ${reader.name}\`), or make it independent itself: \`bothy detach ${reader.name}\`.`,
    });
  }
}

/** The layers of a machine that build directly on one of another machine. */
function listBorrowing(change: TimelineChange): LayerNode[] {
  const graph = readLayerGraph(change.folder, getDefinition(getById(change.site.store, change.id)));
  return [...graph.values()].filter(({ backing }) => backing !== null && !graph.has(backing));
}

/** False when no QEMU has the layer open. */
async function absorbLive(
  change: TimelineChange,
  path: string,
  disk: string,
  report: (fraction: number | null) => void,
): Promise<boolean> {
  const { process, run } = await change.withMachine(async (machine) => machine);
  if (process === undefined || run === undefined) return false;
  const jobId = `${jobPrefix}${disk}`;
  const isOpen = await withMonitor(run.runtimeFolder, async (monitor) => {
    const node = (await readLiveNodes(monitor)).get(path);
    if (node === undefined) return false;
    await monitor.execute('block-stream', { 'job-id': jobId, device: node, 'auto-dismiss': false });
    return true;
  });
  if (isOpen) await followJob(change, run.runtimeFolder, jobId, false, report);
  return isOpen;
}
