/** One entry of an archive; a folder has neither `data` nor `link`. */
export interface CpioEntry {
  readonly path: string;
  readonly data?: Buffer;
  readonly link?: string;
  readonly isExecutable?: boolean;
  /** A character device, as [major, minor]. */
  readonly device?: readonly [number, number];
}

/** Builds a cpio archive (`newc`, what Linux reads as an initramfs): all owned by root, the same bytes for the same entries. */
export function buildCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = [...withFolders(entries), { path: 'TRAILER!!!', data: Buffer.alloc(0) }].flatMap(buildEntry);
  return Buffer.concat(parts);
}

function withFolders(entries: readonly CpioEntry[]): readonly CpioEntry[] {
  const known = new Set(entries.map(({ path }) => path));
  const folders: CpioEntry[] = [];
  for (const { path } of entries) {
    const names = path.split('/').slice(0, -1);
    for (const [index] of names.entries()) {
      const folder = names.slice(0, index + 1).join('/');
      if (!known.has(folder)) folders.push({ path: folder });
      known.add(folder);
    }
  }
  return [...folders.sort((a, b) => (a.path < b.path ? -1 : 1)), ...entries];
}

function buildEntry(entry: CpioEntry, index: number): readonly Buffer[] {
  const data = entry.link === undefined ? (entry.data ?? Buffer.alloc(0)) : Buffer.from(entry.link);
  const name = Buffer.from(`${entry.path}\0`);
  const [major, minor] = entry.device ?? [0, 0];
  const fields = [index + 1, findMode(entry), 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [pad(Buffer.concat([Buffer.from(header), name])), pad(data)];
}

function findMode(entry: CpioEntry): number {
  if (entry.device !== undefined) return 0o020600;
  if (entry.link !== undefined) return 0o120777;
  if (entry.data !== undefined) return entry.isExecutable === true ? 0o100755 : 0o100644;
  return 0o040755;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
