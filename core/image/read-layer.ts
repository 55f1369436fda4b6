import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseQcow2Header, type Qcow2Header } from './qcow2-header.ts';
import { type ImageHeader, parseImageHeader } from './read-image-header.ts';

/** One image file as its first few KiB tell: no other file is opened, no lock taken. Sizes are bytes, paths absolute. */
export interface Layer {
  readonly file: string;
  readonly format: ImageHeader['format'];
  /** Null where only the format's own tool can tell. */
  readonly virtualSize: number | null;
  /** What the file takes on the disk. */
  readonly actualSize: number;
  readonly backing: Backing | null;
  /** The header of a qcow2 file, null with other formats. */
  readonly qcow2: Qcow2Header | null;
  /** Why the file must not be opened as one from outside: it names other files. */
  readonly reference: string | null;
}

/** The file that a layer builds on, as its header names it. */
export interface Backing {
  /** As it is written in the header. */
  readonly name: string;
  /** The same as an absolute path; null when the name is no path (`nbd:…`, `json:…`). */
  readonly file: string | null;
  /** Null when the header leaves it to guessing, which Bothy never does. */
  readonly format: string | null;
}

/** Enough for the header, its extensions and the name of the backing file, as QEMU and Bothy write them. */
const headBytes = 4096;
const tailBytes = 512;

/**
 * Reads the header of an image. `format`, where it is known, is believed: what is in a raw disk is the guest's, and must
 * not be taken for the header of another format. Throws the file system's error, or what is wrong with a qcow2 file.
 */
export function readLayer(file: string, format: string | null): Layer {
  // A named pipe among the disks would block for ever.
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(handle);
    if (!status.isFile()) throw new Error('it is not a file');
    const base = { file, actualSize: status.blocks * 512 };
    if (format === 'raw') {
      const raw = { format, virtualSize: status.size, backing: null, qcow2: null, reference: null } as const;
      return { ...base, ...raw };
    }
    const read = (offset: number, length: number): Buffer => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, status.size - offset)));
      return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, offset));
    };
    const head = read(0, headBytes);
    const qcow2 = parseQcow2Header(head) ?? null;
    if (format === 'qcow2' && qcow2 === null) throw new Error('it is not a qcow2 image');
    const tail = read(Math.max(0, status.size - tailBytes), tailBytes);
    const judged = parseImageHeader(head, tail, status.size);
    const name = qcow2?.backingName ?? null;
    return {
      ...base,
      format: judged.format,
      virtualSize: judged.virtualSize,
      backing: name === null ? null : buildBacking(file, read(name.offset, name.length).toString('utf8'), qcow2),
      qcow2,
      reference: judged.reference,
    };
  } finally {
    closeSync(handle);
  }
}

function buildBacking(file: string, name: string, qcow2: Qcow2Header | null): Backing {
  // As QEMU's path_has_protocol: a colon before the first slash.
  const isPath = name !== '' && !name.includes('\0') && !/^[^/]*:/.test(name);
  return { name, file: isPath ? resolve(dirname(file), name) : null, format: qcow2?.backingFormat ?? null };
}
