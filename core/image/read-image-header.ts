import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parseQcow2Header } from './qcow2-header.ts';

/** What the first bytes of a file tell without trusting it: no other file is opened. Sizes are bytes. */
export interface ImageHeader {
  readonly format: 'qcow2' | 'vmdk' | 'vdi' | 'vhdx' | 'vpc' | 'raw';
  /** Null where only the format's own tool can tell. */
  readonly virtualSize: number | null;
  readonly actualSize: number;
  /** Name of another file that this one builds on. */
  readonly backingFile: string | null;
  /** Why the file must not be opened: it names other files. */
  readonly reference: string | null;
  /** For raw files: whether anything on it looks like a disk or file system. */
  readonly isRecognised: boolean;
}

const headBytes = 128 * 1024;

/**
 * Reads the header of a file, or of the image that is a part of it. Throws the file system's error when the file cannot be
 * read.
 */
export function readImageHeader(path: string, part: { offset: number; size: number } | null = null): ImageHeader {
  const file = openSync(path, 'r');
  try {
    const status = fstatSync(file);
    const { offset, size } = part ?? { offset: 0, size: status.size };
    const head = Buffer.alloc(Math.min(headBytes, size));
    readSync(file, head, 0, head.length, offset);
    const tail = Buffer.alloc(Math.min(512, size));
    readSync(file, tail, 0, tail.length, offset + size - tail.length);
    const actualSize = part === null ? status.blocks * 512 : size;
    return { ...parseImageHeader(head, tail, size), actualSize };
  } finally {
    closeSync(file);
  }
}

/** Judges a file by its first 128 KiB, its last 512 bytes and its size. */
export function parseImageHeader(head: Buffer, tail: Buffer, size: number): Omit<ImageHeader, 'actualSize'> {
  const plain = { virtualSize: null, backingFile: null, reference: null, isRecognised: true };
  const startsWith = (text: string, offset = 0): boolean => head.toString('latin1', offset, offset + text.length) === text;
  if (startsWith('QFI\xfb')) return parseQcow2(head);
  if (startsWith('KDMV') || startsWith('COWD')) return { ...plain, format: 'vmdk', reference: findVmdkReference(head) };
  if (startsWith('# Disk DescriptorFile')) {
    return { ...plain, format: 'vmdk', reference: 'it is only a description of a VMDK; the data is in other files' };
  }
  if (head.length >= 0x44 && head.readUInt32LE(0x40) === 0xbeda107f) return { ...plain, format: 'vdi' };
  if (startsWith('vhdxfile')) return { ...plain, format: 'vhdx' };
  if (startsWith('conectix') || tail.toString('latin1', 0, 8) === 'conectix') return { ...plain, format: 'vpc' };
  return { ...plain, format: 'raw', virtualSize: size, isRecognised: looksLikeDisk(head) };
}

/** A name that QEMU would open counts, whatever else is wrong with the header. */
function parseQcow2(head: Buffer): Omit<ImageHeader, 'actualSize'> {
  const base = { format: 'qcow2' as const, isRecognised: true };
  const header = parseQcow2Header(head);
  if (header === undefined) return { ...base, virtualSize: null, backingFile: null, reference: null };
  const { virtualSize, backingName, hasDataFile } = header;
  const backingFile =
    backingName === null
      ? null
      : head.toString('utf8', backingName.offset, Math.min(head.length, backingName.offset + backingName.length));
  let reference: string | null = null;
  if (backingFile !== null) reference = `it names the backing file “${backingFile}”`;
  else if (hasDataFile) reference = 'its data is in another file (external data file)';
  return { ...base, virtualSize, backingFile, reference };
}

/**
 * As QEMU's block/vmdk.c reads it: a header without a capacity points to a description that may name any file as the data,
 * and whatever follows the word `parentFileNameHint` in the 20 sectors after the header is opened as the parent.
 */
function findVmdkReference(head: Buffer): string | null {
  const isVersion4 = head.toString('latin1', 0, 4) === 'KDMV';
  if (isVersion4 && (head.length < 20 || head.readBigUInt64LE(12) === 0n)) return 'its data is in other files that it describes';
  const description = head.toString('latin1', 0x200, 0x200 + 20 * 512);
  const parent = /parentFileNameHint.{0,2}([^"\n]*)/s.exec(description);
  if (parent !== null) return `it names the parent “${parent[1]}”`;
  const parentId = /parentCID\s*=\s*([0-9a-f]+)/i.exec(description);
  if (parentId?.[1] !== undefined && parentId[1].toLowerCase() !== 'ffffffff') return 'it is a delta of another VMDK';
  return null;
}

/** A boot sector or partition table, or the magic numbers of ext2/3/4, XFS, Btrfs, ISO 9660, LVM, LUKS. */
function looksLikeDisk(head: Buffer): boolean {
  const has = (offset: number, text: string): boolean => head.toString('latin1', offset, offset + text.length) === text;
  return (
    has(510, '\x55\xaa') ||
    has(0x438, '\x53\xef') ||
    has(0, 'XFSB') ||
    has(0x10040, '_BHRfS_M') ||
    has(0x8001, 'CD001') ||
    has(0x218, 'LVM2') ||
    has(0, 'LUKS')
  );
}

/** Whether a file is a CD or DVD image: ISO 9660 or UDF volume descriptors from byte 32,768 on (ECMA-119, ECMA-167). */
export function isOpticalImage(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    const count = readSync(file, head, 0, headBytes, 0);
    return [0x8001, 0x8801, 0x9001].some(
      (offset) => offset + 5 <= count && /^(CD001|BEA01|NSR0[23])$/.test(head.toString('latin1', offset, offset + 5)),
    );
  } finally {
    closeSync(file);
  }
}
