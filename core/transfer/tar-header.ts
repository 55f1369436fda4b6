import { Header } from 'tar/header';
import { Pax } from 'tar/pax';

/** Everything in a tar file is padded to blocks of this size. */
export const tarBlockBytes = 512;

/** The header of a plain file as we write it: nothing but its name and size says anything. */
export function buildTarHeader(name: string, size: number): Buffer {
  const block = Buffer.alloc(tarBlockBytes);
  new Header({ path: name, size, type: 'File', mode: 0o600, uid: 0, gid: 0, mtime: new Date(0) }).encode(block);
  return block;
}

/** What a foreign tar's header says of its entry. */
export interface TarEntryHeader {
  readonly name: string;
  readonly size: number;
  /** The type flag of POSIX pax(1): `0` a file, `x` attributes of the next entry, `L` GNU's long name of it. */
  readonly type: string;
}

/** Undefined for a block that is no header with a right checksum. */
export function parseTarHeader(block: Buffer): TarEntryHeader | undefined {
  const header = decode(block);
  if (header === undefined || !header.cksumValid) return undefined;
  const { path, size } = header;
  if (path === undefined || size === undefined || !Number.isSafeInteger(size)) return undefined;
  return { name: path, size, type: header.typeKey };
}

/** What an entry said of the one after it, because its header has no room for that. */
export interface TarAttributes {
  readonly name?: string;
  readonly size?: number;
}

/** Reads the content of an entry of type `x` or `L`; what holds for all (`g`) is of no use to us. */
export function parseTarAttributes(type: string, content: Buffer): TarAttributes {
  if (type === 'L') return { name: content.toString('utf8').replace(/\0.*$/s, '') };
  if (type !== 'x') return {};
  const { path, size } = Pax.parse(content.toString('utf8'));
  return {
    ...(path === undefined ? {} : { name: path }),
    ...(size === undefined || !Number.isSafeInteger(size) || size < 0 ? {} : { size }),
  };
}

/** The library throws at numbers it cannot read. */
function decode(block: Buffer): Header | undefined {
  try {
    return new Header(block);
  } catch {
    return undefined;
  }
}

/** How many bytes an entry's content takes with its padding. */
export function padToBlock(size: number): number {
  return Math.ceil(size / tarBlockBytes) * tarBlockBytes;
}
