import { parseQcow2Header } from '../image/qcow2-header.ts';

/** QEMU takes no longer name. */
const maxNameBytes = 1023;

/**
 * The first cluster of a qcow2 file with another name of its backing file (QEMU's docs/interop/qcow2: its place at byte 8,
 * its length at 16). Undefined when there is no room for that name.
 */
export function renameBacking(cluster: Buffer, name: string): Buffer | undefined {
  const place = parseQcow2Header(cluster)?.backingName;
  const bytes = Buffer.from(name);
  if (place == null || bytes.length > maxNameBytes || place.offset + bytes.length > cluster.length) return undefined;
  // Writers put the name last; whatever else were there must stay.
  const grown = cluster.subarray(place.offset + place.length, place.offset + bytes.length);
  if (grown.some((byte) => byte !== 0)) return undefined;
  const renamed = Buffer.from(cluster);
  renamed.fill(0, place.offset, place.offset + place.length);
  bytes.copy(renamed, place.offset);
  renamed.writeUInt32BE(bytes.length, 16);
  return renamed;
}
