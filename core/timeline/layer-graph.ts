import { join, relative } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import { type OwnLayer, readOwnLayer } from './own-layer.ts';

/** Whose a layer is: the present writes it (of a template, nobody), a snapshot keeps it, frozen memory fits it. */
export type LayerOwner =
  | { readonly type: 'present' }
  | { readonly type: 'frozen' }
  | { readonly type: 'snapshot'; readonly id: string; readonly name: string };

/** A layer in a machine's folder that something of this machine is built from. */
export interface LayerNode extends OwnLayer {
  readonly disk: string;
  /** Null when only others that build on it still need it. */
  readonly owner: LayerOwner | null;
  /** The layers of this machine that build directly on it. */
  readonly dependents: readonly string[];
}

/** The layers of a machine by absolute path. What lies in the folders of other machines is not in here. */
export type LayerGraph = ReadonlyMap<string, LayerNode>;

/** Follows the headers down from all that the present and the snapshots own. Throws when one cannot be read: then nothing may be cleaned up. */
export function readLayerGraph(folder: string, machine: MachineDefinition): LayerGraph {
  const owners = listOwners(folder, machine);
  const nodes = new Map<string, LayerNode & { dependents: string[] }>();
  const visit = (path: string, disk: string, dependent: string | undefined): void => {
    if (!isInside(folder, path)) return;
    const known = nodes.get(path);
    if (known !== undefined) {
      if (dependent !== undefined && !known.dependents.includes(dependent)) known.dependents.push(dependent);
      return;
    }
    const layer = readOwnLayer(path);
    const dependents = dependent === undefined ? [] : [dependent];
    nodes.set(path, { ...layer, disk, owner: owners.get(path)?.owner ?? null, dependents });
    if (layer.backing !== null) visit(layer.backing, disk, path);
  };
  for (const [path, { disk }] of owners) visit(path, disk, undefined);
  return nodes;
}

/** Every layer that somebody owns, with its disk. Raw disks have no layers. */
function listOwners(folder: string, machine: MachineDefinition): Map<string, { disk: string; owner: LayerOwner }> {
  const owners = new Map<string, { disk: string; owner: LayerOwner }>();
  for (const { id, name, layers } of machine.timeline.snapshots) {
    for (const { disk, file } of layers) owners.set(join(folder, file), { disk, owner: { type: 'snapshot', id, name } });
  }
  for (const { disk, file } of machine.template?.warm?.layers ?? [])
    owners.set(join(folder, file), { disk, owner: { type: 'frozen' } });
  for (const { id, file, format } of machine.disks) {
    if (format === 'qcow2') owners.set(join(folder, file), { disk: id, owner: { type: 'present' } });
  }
  return owners;
}

/** Whether a path is below a folder. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..');
}
