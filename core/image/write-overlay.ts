import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { AppError } from '../../contract/app-error.ts';

const clusterBits = 16;
const clusterBytes = 1 << clusterBits;
/** One entry of the L1 table covers a cluster of L2 entries, each 8 bytes long and good for one cluster. */
const bytesPerL1Entry = (clusterBytes / 8) * clusterBytes;
const headerBytes = 112;

/** How long a new overlay is: nothing was ever written to one that is not longer. */
export function getEmptyOverlayLength(virtualSize: number): number {
  return (3 + countL1Clusters(virtualSize)) * clusterBytes;
}

/**
 * Writes an empty qcow2 overlay (QEMU's docs/interop/qcow2, version 3, 64 KiB clusters) and syncs it, without starting a
 * process. `backingName` is written as it is; QEMU reads it relative to the overlay's own folder. `virtualSize` is bytes.
 * `isDurable: false` leaves out the sync. The header's cluster is written whole, not left sparse behind the header: QEMU 7.2 ends with a
 * segmentation fault, and a running guest with it, when a disk is too full for a header that it rewrites whole after a
 * `block-commit`. Throws the file system's error, `EEXIST` when there is such a file.
 */
export function writeOverlay(
  path: string,
  backingName: string,
  virtualSize: number,
  { isDurable = true }: { isDurable?: boolean } = {},
): void {
  const name = Buffer.from(backingName);
  if (name.length > 1023) throw new AppError('path-too-long', `The path ${backingName} is too long for a disk image to name.`);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, buildHeader(name, virtualSize), 0, undefined, 0);
    // Cluster 1 is the refcount table, cluster 2 its only block, then the L1 table, which is zero: nothing is allocated.
    const table = Buffer.alloc(8);
    table.writeBigUInt64BE(BigInt(2 * clusterBytes));
    writeSync(file, table, 0, undefined, clusterBytes);
    const used = 3 + countL1Clusters(virtualSize);
    const counts = Buffer.alloc(used * 2);
    for (let cluster = 0; cluster < used; cluster += 1) counts.writeUInt16BE(1, cluster * 2);
    writeSync(file, counts, 0, undefined, 2 * clusterBytes);
    ftruncateSync(file, used * clusterBytes);
    if (isDurable) fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function countL1Clusters(virtualSize: number): number {
  return Math.max(1, Math.ceil((Math.ceil(virtualSize / bytesPerL1Entry) * 8) / clusterBytes));
}

function buildHeader(backingName: Buffer, virtualSize: number): Buffer {
  const format = Buffer.from('qcow2');
  // Extensions: the backing file's format (8 bytes of head, padded to 8), and the end mark.
  const nameOffset = headerBytes + 8 + 8 + 8;
  const header = Buffer.alloc(clusterBytes);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(3, 4);
  header.writeBigUInt64BE(BigInt(nameOffset), 8);
  header.writeUInt32BE(backingName.length, 16);
  header.writeUInt32BE(clusterBits, 20);
  header.writeBigUInt64BE(BigInt(virtualSize), 24);
  header.writeUInt32BE(Math.ceil(virtualSize / bytesPerL1Entry), 36);
  header.writeBigUInt64BE(BigInt(3 * clusterBytes), 40);
  header.writeBigUInt64BE(BigInt(clusterBytes), 48);
  header.writeUInt32BE(1, 56);
  // Refcounts of 2^4 bits.
  header.writeUInt32BE(4, 96);
  header.writeUInt32BE(headerBytes, 100);
  header.writeUInt32BE(0xe2792aca, headerBytes);
  header.writeUInt32BE(format.length, headerBytes + 4);
  format.copy(header, headerBytes + 8);
  backingName.copy(header, nameOffset);
  return header;
}
