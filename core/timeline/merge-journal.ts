import type { MachineDefinition } from '../../contract/machine.ts';
import type { MergeRecord } from '../../contract/timeline.ts';

/** Puts the lower layer where the upper one was, for whoever owned that. */
export function replaceLayer(machine: MachineDefinition, { from, into }: MergeRecord): MachineDefinition {
  const replace = (file: string): string => (file === from ? into : file);
  return {
    ...machine,
    disks: machine.disks.map((disk) => ({ ...disk, file: replace(disk.file) })),
    timeline: {
      ...machine.timeline,
      snapshots: machine.timeline.snapshots.map((snapshot) => ({
        ...snapshot,
        layers: snapshot.layers.map((layer) => ({ ...layer, file: replace(layer.file) })),
      })),
    },
  };
}

/** A machine with this journal of merges. */
export function withMerges(machine: MachineDefinition, merges: readonly MergeRecord[]): MachineDefinition {
  return { ...machine, timeline: { ...machine.timeline, merges: [...merges] } };
}
