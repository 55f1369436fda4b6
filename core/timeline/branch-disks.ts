import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { Layer } from '../../contract/timeline.ts';
import { writeOverlay } from '../image/write-overlay.ts';
import { machineFile } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { buildBackingName, buildLayerFile } from './layer-names.ts';
import { readOwnChain } from './own-layer.ts';

/** An empty overlay, and what it was put on. Absolute paths. */
export interface NewOverlay {
  readonly disk: string;
  /** Relative to the machine's folder. */
  readonly file: string;
  readonly path: string;
  readonly backing: string;
}

/**
 * Makes an empty overlay in a machine's folder for each disk: `bases` are the absolute paths of what they build on. All or
 * none: what was made is removed when one fails. `isDurable: false` is for a machine that nobody misses after a power cut.
 */
export function makeOverlays(
  folder: string,
  bases: readonly { readonly disk: string; readonly path: string }[],
  generation: string,
  options: { isDurable?: boolean } = {},
): NewOverlay[] {
  const made: NewOverlay[] = [];
  try {
    for (const { disk, path: backing } of bases) {
      // All of the chain is looked at: an overlay on one with a hole would be of no use to anybody.
      const [{ virtualSize }] = readOwnChain(backing);
      const file = buildLayerFile(disk, generation);
      const path = join(folder, file);
      writeOverlay(path, buildBackingName(path, backing), virtualSize, options);
      made.push({ disk, file, path, backing });
    }
    if (options.isDurable !== false) syncFolder(join(folder, machineFile.disks));
    return made;
  } catch (error) {
    removeOverlays(made);
    throw error;
  }
}

export function removeOverlays(overlays: readonly NewOverlay[]): void {
  for (const { path } of overlays) rmSync(path, { force: true });
}

/** The layers the present writes to now. */
export function listActiveLayers(machine: MachineDefinition): Layer[] {
  return machine.disks.map(({ id, file }) => ({ disk: id, file }));
}

/** A machine whose disks are written to these layers from now on. */
export function putLayers(machine: MachineDefinition, layers: readonly Layer[]): MachineDefinition {
  const files = new Map(layers.map(({ disk, file }) => [disk, file]));
  return { ...machine, disks: machine.disks.map((disk) => ({ ...disk, file: files.get(disk.id) ?? disk.file })) };
}
