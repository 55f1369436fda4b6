import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { TaskContext } from '../task/task-list.ts';
import {
  type ArchiveManifest,
  buildArchiveEnd,
  countPacked,
  formatManifest,
  manifestName,
  measureArchive,
} from './archive-manifest.ts';
import { type ArchiveSource, buildSource } from './archive-source.ts';
import { writeAll } from './read-range.ts';
import { buildTarHeader, padToBlock } from './tar-header.ts';

/** An archive before it is written: its size is known to the byte. */
export interface PlannedArchive {
  readonly totalBytes: number;
  /** Writes it to an empty file. */
  write(file: FileHandle, context: TaskContext): Promise<void>;
}

/** Lays out an archive of a machine; `machine` is its definition as it shall be in there. */
export function planArchive(
  machine: ArchiveManifest['machine'],
  writtenBy: string,
  sources: readonly ArchiveSource[],
): PlannedArchive {
  const files = sources.map(({ name, size, pieces }) => ({ name, size, pieces: pieces === null ? null : [...pieces] }));
  const manifest: ArchiveManifest = { format: 'bothy-machine', version: 1, writtenBy, machine, files };
  const manifestBytes = formatManifest(manifest);
  const { totalBytes } = measureArchive(manifestBytes.length, files);
  return {
    totalBytes,
    write: (file, context) => writeEntries(file, [buildSource(manifestName, manifestBytes), ...sources], totalBytes, context),
  };
}

async function writeEntries(
  file: FileHandle,
  sources: readonly ArchiveSource[],
  totalBytes: number,
  { signal, progress }: TaskContext,
): Promise<void> {
  const hash = createHash('sha256');
  let position = 0;
  const append = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    await writeAll(file, bytes, position);
    position += bytes.length;
  };
  for (const source of sources) {
    const size = countPacked(source);
    await append(buildTarHeader(source.name, size));
    const start = position;
    for await (const chunk of source.read(signal)) {
      await append(chunk);
      progress(position / totalBytes, 'Packing');
    }
    if (position - start !== size) throw new Error(`${source.name} gave ${position - start} bytes instead of ${size}`);
    await append(Buffer.alloc(padToBlock(size) - size));
  }
  await writeAll(file, buildArchiveEnd(hash.digest('hex')), position);
}
