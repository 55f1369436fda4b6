/** Types of GUID partitions, as a table says them. */
export const partitionType = {
  efi: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  biosBoot: '21686148-6449-6e6f-744e-656564454649',
  linux: '0fc63daf-8483-4772-8e79-3d69d8477de4',
} as const;

export interface TestPartition {
  readonly type: string;
  readonly isBootable?: boolean;
}

/** The first 64 KiB of a disk with a GUID partition table (UEFI specification, 5.3); checksums are left out. */
export function buildGpt(partitions: readonly TestPartition[], sectorBytes = 512): Buffer {
  const head = Buffer.alloc(64 * 1024);
  head[446 + 4] = 0xee;
  head.writeUInt16LE(0xaa55, 510);
  head.write('EFI PART', sectorBytes, 'latin1');
  head.writeBigUInt64LE(2n, sectorBytes + 72);
  head.writeUInt32LE(128, sectorBytes + 80);
  head.writeUInt32LE(128, sectorBytes + 84);
  for (const [index, { type, isBootable }] of partitions.entries()) {
    const entry = head.subarray(2 * sectorBytes + index * 128);
    const hex = type.replaceAll('-', '');
    Buffer.from(hex, 'hex').copy(entry);
    entry.subarray(0, 4).reverse();
    entry.subarray(4, 6).reverse();
    entry.subarray(6, 8).reverse();
    if (isBootable === true) entry[48] = 4;
  }
  return head;
}
