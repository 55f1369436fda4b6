/** What the header of a qcow2 file says (QEMU's docs/interop/qcow2.txt). Sizes are bytes; offsets count from the file's start. */
export interface Qcow2Header {
  readonly version: number;
  readonly clusterBytes: number;
  /** Null when it is no number a file can have. */
  readonly virtualSize: number | null;
  /** Where the backing file's name is; null when there is none. */
  readonly backingName: { readonly offset: number; readonly length: number } | null;
  /** The format the backing file is to be opened as; null when the header leaves that to guessing. */
  readonly backingFormat: string | null;
  readonly internalSnapshots: number;
  readonly isEncrypted: boolean;
  /** Marked by QEMU after it found the image damaged; it then refuses to write to it. */
  readonly isCorrupt: boolean;
  /** Whether the data is in another file. */
  readonly hasDataFile: boolean;
  readonly hasExtendedL2: boolean;
  readonly hasBitmaps: boolean;
  readonly compression: 'zlib' | 'zstd';
}

const fixedBytes = { 2: 72, 3: 104 } as const;
const extension = { backingFormat: 0xe2792aca, end: 0 } as const;
/** QEMU takes no longer name. */
const maxNameBytes = 1023;

/** Parses the beginning of a qcow2 file; undefined when it is none, or too short to say. */
export function parseQcow2Header(head: Buffer): Qcow2Header | undefined {
  if (head.toString('latin1', 0, 4) !== 'QFI\xfb' || head.length < fixedBytes[2]) return undefined;
  const version = head.readUInt32BE(4);
  const has = (field: number, bit: number): boolean =>
    version >= 3 && head.length >= field + 8 && ((head.readUInt32BE(field + 4) >>> bit) & 1) === 1;
  const nameOffset = Number(head.readBigUInt64BE(8));
  const virtualSize = Number(head.readBigUInt64BE(24));
  return {
    version,
    clusterBytes: 2 ** Math.min(21, head.readUInt32BE(20)),
    virtualSize: Number.isSafeInteger(virtualSize) ? virtualSize : null,
    backingName: nameOffset === 0 ? null : { offset: nameOffset, length: Math.min(maxNameBytes, head.readUInt32BE(16)) },
    backingFormat: findExtension(head, version, extension.backingFormat),
    internalSnapshots: head.readUInt32BE(60),
    isEncrypted: head.readUInt32BE(32) !== 0,
    isCorrupt: has(72, 1),
    hasDataFile: has(72, 2),
    hasExtendedL2: has(72, 4),
    hasBitmaps: has(88, 0),
    compression: has(72, 3) && head[104] === 1 ? 'zstd' : 'zlib',
  };
}

/** Walks the header extensions for the text of one of them. */
function findExtension(head: Buffer, version: number, wanted: number): string | null {
  let offset = version >= 3 && head.length >= fixedBytes[3] ? head.readUInt32BE(100) : fixedBytes[2];
  while (offset + 8 <= head.length) {
    const type = head.readUInt32BE(offset);
    const length = head.readUInt32BE(offset + 4);
    if (type === wanted) return head.toString('utf8', offset + 8, Math.min(head.length, offset + 8 + length));
    if (type === extension.end) return null;
    offset += 8 + Math.ceil(length / 8) * 8;
  }
  return null;
}
