import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseQcow2Header } from './qcow2-header.ts';

/** Which clusters of a qcow2 image hold data of their own: one byte each, 0 or 1. Null for images with subclusters. */
export interface Allocation {
  readonly clusterBytes: number;
  readonly clusters: Uint8Array;
}

/** Bits 9 to 55 of a table's entry are an offset in the file; a compressed cluster (bit 62) has it elsewhere, but has data. */
const offsetMask = 0x00fffffffffffe00n;
const compressed = 1n << 62n;

/** Reads the tables of an image that nobody writes to (QEMU's docs/interop/qcow2, "Cluster mapping"). Throws the file system's error. */
export function readAllocation(path: string): Allocation | null {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const read = (offset: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      readSync(file, buffer, 0, Math.max(0, Math.min(length, size - offset)), offset);
      return buffer;
    };
    const head = read(0, 4096);
    const header = parseQcow2Header(head);
    if (header === undefined || header.virtualSize === null || header.hasExtendedL2) return null;
    const { clusterBytes, virtualSize } = header;
    const clusters = new Uint8Array(Math.ceil(virtualSize / clusterBytes));
    const perTable = clusterBytes / 8;
    const l1 = read(Number(head.readBigUInt64BE(40)), head.readUInt32BE(36) * 8);
    for (let index = 0; index * 8 < l1.length; index += 1) {
      const offset = Number(l1.readBigUInt64BE(index * 8) & offsetMask);
      if (offset === 0) continue;
      const l2 = read(offset, clusterBytes);
      for (let entry = 0; entry < perTable && index * perTable + entry < clusters.length; entry += 1) {
        const value = l2.readBigUInt64BE(entry * 8);
        if ((value & (offsetMask | compressed)) !== 0n) clusters[index * perTable + entry] = 1;
      }
    }
    return { clusterBytes, clusters };
  } finally {
    closeSync(file);
  }
}

/** How many bytes two images of the same disk both hold for the same place; 0 where that cannot be told. */
export function countSharedBytes(one: Allocation | null, other: Allocation | null): number {
  if (one === null || other === null || one.clusterBytes !== other.clusterBytes) return 0;
  const { length } = one.clusters.length < other.clusters.length ? one.clusters : other.clusters;
  let count = 0;
  for (let index = 0; index < length; index += 1) count += (one.clusters[index] ?? 0) & (other.clusters[index] ?? 0);
  return count * one.clusterBytes;
}
