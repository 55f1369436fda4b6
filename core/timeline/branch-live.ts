import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { syncFile } from '../storage/sync-file.ts';
import { listActiveLayers, makeOverlays, type NewOverlay, putLayers, removeOverlays } from './branch-disks.ts';
import type { TimelineChange } from './change-timeline.ts';
import { addOverlayNodes, readLiveDisks, removeNodes } from './live-disks.ts';

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
    if (!isSwitched) await takeBack(change, before, overlays, nodes.values());
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

async function takeBack(
  change: TimelineChange,
  before: MachineDefinition,
  overlays: readonly NewOverlay[],
  nodes: Iterable<string>,
): Promise<void> {
  await change.withMachine(async ({ run, process }) => {
    await change.commit((machine) => ({ ...machine, disks: before.disks }));
    if (run !== undefined && process !== undefined) {
      await withMonitor(run.runtimeFolder, (monitor) => removeNodes(monitor, nodes)).catch(() => {});
    }
    removeOverlays(overlays);
  });
}
