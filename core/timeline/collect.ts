import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import { getById, getDefinition } from '../machine/find-machine.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TimelineChange } from './change-timeline.ts';
import { findPins, type Pins } from './find-pins.ts';
import { type LayerGraph, readLayerGraph } from './layer-graph.ts';
import { buildSnapshotFolder, isGenerationName, isLayerName } from './layer-names.ts';
import { mergeLayers } from './merge-layers.ts';
import { planCollection } from './plan-collection.ts';

/**
 * Removes what nothing needs any more and merges the layers of deleted snapshots, with progress. Everything is found by
 * looking at the files, so it can be cancelled or killed and done again.
 */
export async function collect(change: TimelineChange): Promise<void> {
  removeUnreachable(change);
  const { merges } = planCollection(readGraph(change), findPins(change.site.store, change.id));
  const total = merges.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const merge of merges) {
    await mergeLayers(change, merge, (fraction) =>
      change.progress(total === 0 ? null : (done + merge.bytes * (fraction ?? 0)) / total, 'Merging layers'),
    );
    done += merge.bytes;
  }
}

/**
 * What is left to do on a machine after something else was made of it: with `merge` it gets its layers back in one piece. What was made
 * is whole by then, or nothing was; what cannot be tidied now is left to the next look.
 */
export async function tidy(change: TimelineChange, { merge }: { merge: boolean }): Promise<void> {
  try {
    if (merge) await collect({ ...change, signal: undefined });
    else removeUnreachable(change);
  } catch {
    // A full disk, or an image of another machine that cannot be read.
    try {
      change.writeNote({ isCollectionWanted: true });
    } catch {
      // A longer chain of layers than need be; nothing is lost.
    }
  }
}

/** How much merging there is to do, in bytes that are copied at most; null when there is none. */
export function measureMerges(change: TimelineChange): number | null {
  const { merges } = planCollection(readGraph(change), findPins(change.site.store, change.id));
  return merges.length === 0 ? null : merges.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Removes files of ours that neither the present, nor a snapshot, nor another machine is built from. Quick. */
export function removeUnreachable(change: TimelineChange): void {
  const machine = getDefinition(getById(change.site.store, change.id));
  for (const file of listUnreachable(change.folder, machine, readGraph(change), findPins(change.site.store, change.id))) {
    rmSync(join(change.folder, file), { recursive: true, force: true });
  }
}

/** The files and folders that `removeUnreachable` removes, relative to the machine's folder. */
export function listUnreachable(folder: string, machine: MachineDefinition, graph: LayerGraph, pins: Pins): string[] {
  const { timeline } = machine;
  const kept = new Set([
    machine.nvram,
    machine.tpm,
    timeline.memory,
    machine.template?.warm?.folder,
    ...timeline.snapshots.map(({ id }) => buildSnapshotFolder(id)),
  ]);
  const layers = listNames(join(folder, machineFile.disks))
    .filter(isLayerName)
    .map((name) => `${machineFile.disks}/${name}`)
    .filter((file) => !graph.has(join(folder, file)) && !pins.has(join(folder, file)));
  const snapshots = listNames(join(folder, machineFile.snapshots)).map(buildSnapshotFolder);
  const generations = listNames(folder).filter(isGenerationName);
  return [...layers, ...[...snapshots, ...generations].filter((file) => !kept.has(file))];
}

function readGraph(change: TimelineChange): LayerGraph {
  return readLayerGraph(change.folder, getDefinition(getById(change.site.store, change.id)));
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
