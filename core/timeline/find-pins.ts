import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { MachineLink } from '../../contract/snapshot.ts';
import { readLayer } from '../image/read-layer.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import { machineFile } from '../storage/file-names.ts';
import { isInside } from './layer-graph.ts';

/** The layers of one machine that others build on, by absolute path, with who they are. Nobody may change or remove them. */
export type Pins = ReadonlyMap<string, readonly MachineLink[]>;

/**
 * Looks at every image of every other machine, whether its definition can be read or not, and follows what leads into this
 * machine's folder. Throws when an image cannot be read: it might be one that does.
 */
export function findPins(store: MachineStore, id: string): Pins {
  const folder = store.folderOf(id);
  const pins = new Map<string, MachineLink[]>();
  for (const other of store.listIds()) {
    if (other === id) continue;
    for (const path of listImages(store.folderOf(other))) {
      for (const pinned of listBackings(path).filter((backing) => isInside(folder, backing))) {
        const links = pins.get(pinned) ?? [];
        if (!links.some((link) => link.id === other)) links.push({ id: other, name: store.find(other)?.name ?? other });
        pins.set(pinned, links);
      }
    }
  }
  return pins;
}

/** The machines whose folders the images of this machine lead into; `folder` is where it lies while it is deleted. */
export function findBases(store: MachineStore, id: string, folder = store.folderOf(id)): MachineLink[] {
  const bases = new Map<string, MachineLink>();
  for (const path of listImages(folder)) {
    for (const backing of listBackings(path)) {
      const [owner = id] = relative(store.homes.machines, backing).split('/');
      const base = owner === id || isInside(folder, backing) ? undefined : store.find(owner);
      if (base !== undefined) bases.set(owner, { id: owner, name: base.name });
    }
  }
  return [...bases.values()];
}

/** All machines that something builds on, each once. */
export function listPinning(pins: Pins): MachineLink[] {
  return [...new Map([...pins.values()].flat().map((link) => [link.id, link])).values()];
}

/** All files an image is built from, the nearest first. */
function listBackings(path: string): string[] {
  const found: string[] = [];
  for (let next = findBacking(path); next !== undefined && !found.includes(next); next = findBacking(next)) found.push(next);
  return found;
}

/** The file below an image; undefined when it has none, is no image, or is gone. */
function findBacking(path: string): string | undefined {
  try {
    return readLayer(path, null).backing?.file ?? undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || code === 'ENOENT') return undefined;
    throw error;
  }
}

function listImages(machineFolder: string): string[] {
  const folder = join(machineFolder, machineFile.disks);
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
