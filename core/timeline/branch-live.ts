import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { syncFile } from '../storage/sync-file.ts';
import { listActiveLayers, makeOverlays, type NewOverlay, putLayers, removeOverlays } from './branch-disks.ts';
import type { TimelineChange } from './change-timeline.ts';
import { addOverlayNodes, readLiveDisks, readLiveNodes, removeNodes } from './live-disks.ts';

/** What came of it, and the machine as it was before its disks got new overlays. */
export interface LiveBranch<T> {
  readonly before: MachineDefinition;
  readonly overlays: readonly NewOverlay[];
  readonly result: T;
}

/**
 * Puts empty overlays on the disks of a machine that is on. `machine.json` names them before QEMU writes to them: an empty
 * overlay holds the same as what it lies on, so at no moment is anything lost, whoever dies. `act` says when QEMU switches.
 */
export async function branchLive<T>(
  change: TimelineChange,
  generation: string,
  act: (switchOver: (monitor: QmpClient) => Promise<void>) => Promise<T>,
): Promise<LiveBranch<T>> {
  let isSwitched = false;
  const { before, overlays, nodes, actions } = await prepare(change, generation);
  const switchOver = async (monitor: QmpClient): Promise<void> => {
    if (actions.length > 0) await monitor.execute('transaction', { actions });
    isSwitched = true;
  };
  try {
    return { before, overlays, result: await act(switchOver) };
  } catch (error) {
    // What cannot be taken back now is settled when the timeline is put in order: the overlays stay until then.
    if (!isSwitched) await takeBack(change, before, overlays, nodes.values()).catch(() => {});
    throw error;
  }
}

interface Prepared extends Omit<LiveBranch<unknown>, 'result'> {
  /** The overlays' nodes by disk id. */
  readonly nodes: ReadonlyMap<string, string>;
  /** QMP's `TransactionAction`s that put them on the disks. */
  readonly actions: readonly object[];
}

/** All that can be done while the guest still runs. */
function prepare(change: TimelineChange, generation: string): Promise<Prepared> {
  return change.withMachine(async ({ run, process }, before) => {
    if (run === undefined || process === undefined) {
      throw new AppError('wrong-state', `“${change.name}” was turned off meanwhile.`, { hint: 'Try again.' });
    }
    const bases = listActiveLayers(before).map(({ disk, file }) => ({ disk, path: join(change.folder, file) }));
    // What QEMU would have to write out while the guest stands still.
    await Promise.all(bases.map(({ path }) => syncFile(path)));
    const overlays = makeOverlays(change.folder, bases, generation);
    try {
      const { nodes, actions } = await withMonitor(run.runtimeFolder, async (monitor) => {
        const live = await readLiveDisks(monitor);
        const added = await addOverlayNodes(monitor, overlays, generation);
        return { nodes: added, actions: [...added].map(([disk, overlay]) => buildAction(live.get(disk)?.node ?? disk, overlay)) };
      });
      await change.commit((machine) => putLayers(machine, overlays));
      return { before, overlays, nodes, actions };
    } catch (error) {
      removeOverlays(overlays);
      throw error;
    }
  });
}

/** From then on the guest writes to the overlay (qapi/block-core.json). */
function buildAction(node: string, overlay: string): object {
  return { type: 'blockdev-snapshot', data: { node, overlay } };
}

/** QEMU is asked whether it has switched after all: an answer may be lost, and then the guest writes to the overlays. */
async function takeBack(
  change: TimelineChange,
  before: MachineDefinition,
  overlays: readonly NewOverlay[],
  nodes: Iterable<string>,
): Promise<void> {
  await change.withMachine(async ({ run, process }) => {
    if (run !== undefined && process !== undefined) {
      const isSwitched = await withMonitor(run.runtimeFolder, async (monitor) => {
        await removeNodes(monitor, nodes);
        const live = await readLiveNodes(monitor);
        return overlays.some(({ path }) => live.has(path));
      });
      if (isSwitched) return;
    }
    await change.commit((machine) => ({ ...machine, disks: before.disks }));
    removeOverlays(overlays);
  });
}
