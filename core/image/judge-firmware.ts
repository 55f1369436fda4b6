/** How much of a disk's beginning `judgeFirmware` wants to see. */
export const firmwareHeadBytes = 64 * 1024;

/**
 * Which firmware a disk was made for, by its partition table: UEFI where there is an EFI system partition and nothing that
 * a BIOS could start. Boot code alone does not count: Windows puts it on every disk it partitions.
 */
export function judgeFirmware(head: Buffer): 'bios' | 'uefi' {
  if (head.length < 512 || head.readUInt16LE(510) !== 0xaa55) return 'bios';
  // GRUB's first sector says its name; without a partition of its own it may have hidden the rest anywhere.
  if (head.toString('latin1', 0, 440).includes('GRUB')) return 'bios';
  const types = [0, 1, 2, 3].map((index) => head[446 + index * 16 + 4] ?? 0);
  if (!types.includes(protectiveType)) return types.includes(efiType) && !hasActivePartition(head) ? 'uefi' : 'bios';
  const partitions = sectorSizes.map((bytes) => listGptPartitions(head, bytes)).find((found) => found.length > 0) ?? [];
  const hasEfi = partitions.some(({ type }) => type === efiPartition);
  const hasBios = partitions.some(({ type, isBootable }) => type === biosBootPartition || isBootable);
  return hasEfi && !hasBios ? 'uefi' : 'bios';
}

/** Types of the old partition table: that of a disk with a GUID partition table, and an EFI system partition. */
const protectiveType = 0xee;
const efiType = 0xef;
const sectorSizes = [512, 4096];

/** UEFI specification, 5.3.3; the second is GRUB's. */
const efiPartition = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b';
const biosBootPartition = '21686148-6449-6e6f-744e-656564454649';

function hasActivePartition(head: Buffer): boolean {
  return [0, 1, 2, 3].some((index) => head[446 + index * 16] === 0x80);
}

interface GptPartition {
  readonly type: string;
  /** The attribute “legacy BIOS bootable”. */
  readonly isBootable: boolean;
}

function listGptPartitions(head: Buffer, sectorBytes: number): GptPartition[] {
  if (head.length < sectorBytes + 512 || head.toString('latin1', sectorBytes, sectorBytes + 8) !== 'EFI PART') return [];
  const start = Number(head.readBigUInt64LE(sectorBytes + 72)) * sectorBytes;
  const count = head.readUInt32LE(sectorBytes + 80);
  const entryBytes = head.readUInt32LE(sectorBytes + 84);
  if (entryBytes < 128) return [];
  const found: GptPartition[] = [];
  for (let index = 0; index < count && start + (index + 1) * entryBytes <= head.length; index += 1) {
    const entry = head.subarray(start + index * entryBytes, start + (index + 1) * entryBytes);
    found.push({ type: formatGuid(entry), isBootable: ((entry[48] ?? 0) & 4) !== 0 });
  }
  return found;
}

/** The first three fields are little-endian. */
function formatGuid(bytes: Buffer): string {
  const swapped = [bytes.readUInt32LE(0).toString(16).padStart(8, '0')];
  for (const offset of [4, 6]) swapped.push(bytes.readUInt16LE(offset).toString(16).padStart(4, '0'));
  return [...swapped, bytes.toString('hex', 8, 10), bytes.toString('hex', 10, 16)].join('-');
}
