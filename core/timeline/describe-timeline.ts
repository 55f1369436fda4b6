import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition, Problem } from '../../contract/machine.ts';
import type { SnapshotInfo, TimelineInfo } from '../../contract/snapshot.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import { savedFile } from '../storage/file-names.ts';
import { findPins, type Pins } from './find-pins.ts';
import { isPresentChanged } from './judge-present.ts';
import { readLayerGraph } from './layer-graph.ts';
import { buildSnapshotFolder } from './layer-names.ts';
import { measure } from './list-files.ts';
import { planCollection } from './plan-collection.ts';
import { checkDisksCanBranch } from './preflight-snapshot.ts';

/** The timeline of a machine with the sizes of its files; `isOn` tells whether its QEMU is there. */
export function describeTimeline(store: MachineStore, machine: MachineDefinition, isOn: boolean): TimelineInfo {
  const folder = store.folderOf(machine.id);
  const { current, memory, snapshots } = machine.timeline;
  const pins = findPins(store, machine.id);
  const { problem, unfinished } = judgeLayers(folder, machine, pins);
  return {
    snapshots: snapshots
      .map((snapshot) => describeSnapshot(folder, machine, snapshot.id, pins))
      .filter((info) => info !== undefined),
    current,
    isPresentChanged: problem?.isDamage === true || isPresentChanged(folder, machine, isOn),
    presentBytes:
      machine.disks.reduce((sum, { file }) => sum + measure(join(folder, file)), 0) +
      (memory?.startsWith('suspended-') === true ? measure(join(folder, memory)) : 0),
    memory: memory === null ? 'none' : 'saved',
    unfinished,
    problem: problem?.problem ?? null,
  };
}

/** One node; undefined when the machine has no such snapshot. */
export function describeSnapshot(folder: string, machine: MachineDefinition, id: string, pins: Pins): SnapshotInfo | undefined {
  const snapshot = machine.timeline.snapshots.find((one) => one.id === id);
  if (snapshot === undefined) return undefined;
  const { layers, ...facts } = snapshot;
  const own = join(folder, buildSnapshotFolder(id));
  const diskBytes = layers.reduce((sum, { file }) => sum + measure(join(folder, file)), 0);
  const clones = layers.flatMap(({ file }) => pins.get(join(folder, file)) ?? []);
  return {
    ...facts,
    diskBytes,
    memoryBytes: measure(join(own, savedFile.memory)),
    sizeBytes: diskBytes + measure(own),
    hasThumbnail: existsSync(join(own, savedFile.thumbnail)),
    isCurrent: machine.timeline.current === id,
    clones: [...new Map(clones.map((link) => [link.id, link])).values()],
  };
}

/** A damaged layer is told, and never makes the list fail. */
function judgeLayers(
  folder: string,
  machine: MachineDefinition,
  pins: Pins,
): { problem: { problem: Problem; isDamage: boolean } | null; unfinished: TimelineInfo['unfinished'] } {
  try {
    const { merges } = planCollection(readLayerGraph(folder, machine), pins);
    const unfinished = { layers: merges.length, bytes: merges.reduce((sum, { bytes }) => sum + bytes, 0) };
    const problem = findProblem(() => checkDisksCanBranch(machine));
    return { problem: problem === null ? null : { problem, isDamage: false }, unfinished };
  } catch (error) {
    const problem = findProblem(() => {
      throw error;
    });
    return { problem: problem === null ? null : { problem, isDamage: true }, unfinished: { layers: 0, bytes: 0 } };
  }
}

function findProblem(check: () => void): Problem | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}
