import { createHash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { Layer } from '../../contract/timeline.ts';
import { type ChainLink, createLayerReader, readChain } from '../image/read-chain.ts';
import { machineFile } from '../storage/file-names.ts';
import { buildLayerFile } from '../timeline/layer-names.ts';
import { readBytes } from './read-range.ts';
import { renameBacking } from './rename-backing.ts';

/** A disk file that goes into an archive. */
export interface PackedLayer {
  /** Absolute path here, and the name in the archive. */
  readonly path: string;
  readonly name: string;
  readonly status: Stats;
  /** What takes the place of its beginning, because the file it builds on is called otherwise in the archive. */
  readonly head: Buffer | undefined;
}

/**
 * Every layer that the present or a snapshot of a machine is built from, with those a linked clone reads in the folders of
 * others: in the archive they all lie side by side in `disks/`. Throws `image-invalid` when one is damaged or missing.
 */
export async function collectLayers(folder: string, machine: MachineDefinition): Promise<PackedLayer[]> {
  const read = createLayerReader();
  const links = new Map<string, { link: ChainLink; name: string }>();
  for (const { disk, file, format } of listTops(machine)) {
    for (const link of readChain(join(folder, file), format, read)) {
      if (link.layer === null || link.problem !== null) throw buildDamaged(link.file, link.problem ?? 'it cannot be read');
      if (!links.has(link.file)) links.set(link.file, { link, name: nameLayer(folder, disk, link.file) });
    }
  }
  return Promise.all([...links.values()].map(({ link, name }) => packLayer(link, name, links)));
}

/** What is owned: each disk's own format for the present, and qcow2 for what snapshots hold. */
function listTops({ disks, timeline }: MachineDefinition): (Layer & { format: 'qcow2' | 'raw' })[] {
  const present = disks.map(({ id, file, format }) => ({ disk: id, file, format }));
  const snapshots = timeline.snapshots.flatMap(({ layers }) => layers.map((layer) => ({ ...layer, format: 'qcow2' as const })));
  return [...present, ...snapshots];
}

/** Layers of the machine keep their names; others get one of ours that says nothing of where they came from. */
function nameLayer(folder: string, disk: string, path: string): string {
  const own = relative(folder, path);
  if (own.startsWith(`${machineFile.disks}/`)) return own;
  const digest = createHash('sha256').update(path).digest();
  const generation = [...digest.subarray(0, 8)].map((byte) => '0123456789abcdefghijklmnopqrstuv'[byte % 32]).join('');
  return buildLayerFile(disk, generation);
}

async function packLayer(
  { file, layer }: ChainLink,
  name: string,
  links: ReadonlyMap<string, { name: string }>,
): Promise<PackedLayer> {
  const status = statSync(file);
  const backing = layer?.backing ?? null;
  if (layer?.qcow2 == null || backing === null) return { path: file, name, status, head: undefined };
  const target = backing.file === null ? undefined : links.get(backing.file);
  if (target === undefined || backing.format !== 'qcow2')
    throw buildDamaged(file, `it builds on ${backing.name}, which is no qcow2 layer`);
  const wanted = basename(target.name);
  if (wanted === backing.name) return { path: file, name, status, head: undefined };
  const head = renameBacking(await readHead(file, Math.min(layer.qcow2.clusterBytes, status.size)), wanted);
  if (head === undefined) throw buildDamaged(file, 'its header has no room for another name of the file it builds on');
  return { path: file, name, status, head };
}

async function readHead(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return await readBytes(file, 0, bytes);
  } finally {
    await file.close();
  }
}

function buildDamaged(file: string, problem: string): AppError {
  return new AppError('image-invalid', `The disk layer ${file} cannot be packed: ${problem}.`, {
    hint: 'Restore the file from a backup, or delete what builds on it.',
  });
}
