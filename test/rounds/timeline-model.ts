import type { SnapshotState } from '../../contract/timeline.ts';
import { keptOffset } from '../kit/keeper-guest.ts';

/** What writes from outside are counted in, in bytes. */
export const blockBytes = 4096;

/** A disk as it should be: one byte fills each block, and a text of the boot sector guest is in its place. */
export interface DiskModel {
  readonly blocks: Uint8Array;
  readonly text: string | null;
}

/** What a machine holds at one moment; `memory` only counts while it is on, suspended, or in a snapshot with memory. */
export interface Place {
  readonly disks: readonly DiskModel[];
  readonly memory: string | null;
}

export interface NodeModel {
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly state: SnapshotState;
  readonly place: Place;
}

export interface MachineModel {
  readonly id: string;
  readonly name: string;
  readonly state: 'off' | 'running' | 'paused' | 'suspended' | 'crashed';
  readonly present: Place;
  /** Its QEMU was killed, which may have held back what the guest wrote. */
  readonly isPresentUnknown?: boolean;
  readonly current: string | null;
  readonly nodes: readonly NodeModel[];
}

/** Blocks that the guest has for itself: its boot sector and where it keeps its text. */
const guestBlocks: readonly number[] = [0, keptOffset / blockBytes];

/** All bytes of a disk; the first one begins with the guest's boot sector. */
export function buildContent({ blocks, text }: DiskModel, bootSector: Buffer | undefined): Buffer {
  const content = Buffer.alloc(blocks.length * blockBytes);
  for (const [index, fill] of blocks.entries()) content.fill(fill, index * blockBytes, (index + 1) * blockBytes);
  bootSector?.copy(content);
  if (text !== null) content.write(text, keptOffset, 'latin1');
  return content;
}

/** The first difference of two contents, in words. */
export function findDifference(found: Buffer, expected: Buffer): string | undefined {
  if (found.equals(expected)) return undefined;
  if (found.length !== expected.length) return `${found.length} bytes instead of ${expected.length}`;
  const at = found.findIndex((byte, index) => byte !== expected[index]);
  return `byte ${at} is ${found[at]} instead of ${expected[at]} (block ${Math.floor(at / blockBytes)})`;
}

/** The place after a text was put into memory and onto every disk. */
export function putText(place: Place, text: string): Place {
  return { memory: text, disks: place.disks.map((disk) => ({ ...disk, text })) };
}

/** The place after some blocks of a disk were filled from outside. */
export function fillBlocks(place: Place, disk: number, write: { first: number; count: number; fill: number }): Place {
  return changeDisk(place, disk, (found) => ({
    ...found,
    blocks: found.blocks.map((byte, index) =>
      index >= write.first && index < write.first + write.count && !guestBlocks.includes(index) ? write.fill : byte,
    ),
  }));
}

/** The place after a disk has become larger; what is new is zero. */
export function growDisk(place: Place, disk: number, blocks: number): Place {
  return changeDisk(place, disk, (found) => {
    const grown = new Uint8Array(blocks);
    grown.set(found.blocks);
    return { ...found, blocks: grown };
  });
}

function changeDisk(place: Place, index: number, change: (disk: DiskModel) => DiskModel): Place {
  return { ...place, disks: place.disks.map((disk, number) => (number === index ? change(disk) : disk)) };
}

/** The machine after a snapshot was taken; what it was suspended in only its files know. */
export function addNode(machine: MachineModel, { id, name, state }: Pick<NodeModel, 'id' | 'name' | 'state'>): MachineModel {
  const place: Place = state === 'off' ? { ...machine.present, memory: null } : machine.present;
  return { ...machine, current: id, nodes: [...machine.nodes, { id, name, state, parent: machine.current, place }] };
}

/** The machine after it went back to a node. */
export function goToNode(machine: MachineModel, { id, state, place }: NodeModel): MachineModel {
  const { isPresentUnknown: _, ...rest } = machine;
  return { ...rest, state, present: place, current: id };
}

/** Whether its QEMU is there. */
export function isOn({ state }: MachineModel): boolean {
  return state === 'running' || state === 'paused';
}

/** The nodes after some were deleted: their children grow from the nearest that is left. */
export function removeNodes(machine: MachineModel, gone: readonly string[]): MachineModel {
  const parentOf = (id: string | null): string | null => {
    if (id === null || !gone.includes(id)) return id;
    return parentOf(machine.nodes.find((node) => node.id === id)?.parent ?? null);
  };
  const nodes = machine.nodes.filter(({ id }) => !gone.includes(id)).map((node) => ({ ...node, parent: parentOf(node.parent) }));
  return { ...machine, nodes, current: parentOf(machine.current) };
}

/** A node and all that grew from it. */
export function listDescendants(machine: MachineModel, id: string): string[] {
  const children = machine.nodes.filter(({ parent }) => parent === id);
  return [id, ...children.flatMap((child) => listDescendants(machine, child.id))];
}
