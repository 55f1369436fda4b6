import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { parseQcow2Header } from '../image/qcow2-header.ts';
import type { QemuImg } from '../image/qemu-img.ts';
import { readLayer } from '../image/read-layer.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TaskContext } from '../task/task-list.ts';

/** The disk files of a machine from outside, in its folder. `label` names them in errors. */
export interface LayerCheck {
  readonly folder: string;
  readonly label: string;
  /** Relative to the folder. */
  readonly files: readonly string[];
  readonly qemuImg: QemuImg;
}

/**
 * Refuses layers that name anything but each other, go round in circles, belong to nothing, or are damaged. QEMU only sees
 * them when their headers were found to be harmless. Throws `image-unsafe` or `image-invalid`.
 */
export async function checkLayers(machine: MachineDefinition, check: LayerCheck, context: TaskContext): Promise<void> {
  const raw = new Set(machine.disks.filter(({ format }) => format === 'raw').map(({ file }) => file));
  const layers = check.files.filter((file) => !raw.has(file));
  const known = new Set(layers);
  const backings = new Map(layers.map((file) => [file, checkHeader(check, file, known)]));
  // Restoring puts overlays on what a snapshot holds, whatever the present takes the file for.
  const held = machine.timeline.snapshots.flatMap((snapshot) => snapshot.layers.map(({ file }) => file));
  const strange = held.find((file) => !known.has(file));
  if (strange !== undefined) throw refuseLayer('image-unsafe', check, strange, 'a snapshot cannot hold a raw disk');
  const owned = [...machine.disks.map(({ file }) => file), ...held];
  const reached = new Set<string>();
  for (const top of owned) {
    const chain = new Set<string>();
    for (let file: string | null = top; file !== null; file = backings.get(file) ?? null) {
      if (chain.has(file)) throw refuseLayer('image-unsafe', check, file, 'it builds on itself');
      chain.add(file);
      reached.add(file);
    }
  }
  const lost = check.files.find((file) => !reached.has(file));
  if (lost !== undefined) throw refuseLayer('image-invalid', check, lost, 'nothing of the machine is built from it');
  for (const [index, file] of layers.entries()) {
    context.progress(index / layers.length, 'Checking the disks');
    const found = await check.qemuImg
      .check(join(check.folder, file), 'qcow2', { signal: context.signal })
      .catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'tool-failed') throw error;
        throw refuseLayer('image-invalid', check, file, 'qemu-img cannot open it', error.details);
      });
    if (found !== undefined && found.corruptions + found.checkErrors > 0) {
      throw refuseLayer('image-invalid', check, file, `qemu-img found ${found.corruptions + found.checkErrors} errors in it`);
    }
  }
}

const maxDiskBytes = 64 * 1024 ** 4;
/** Compressed clusters other than by zlib, and subclusters: QEMU's docs/interop/qcow2, bits 3 and 4 of the features at byte 72. */
const harmlessFeatures = 0b11000n;
/** Header extensions: the name of an external data file, the format of the backing file. */
const extension = { dataFile: 0x44415441, backingFormat: 0xe2792aca } as const;
/** Extensions are in the first cluster, which has at most this many bytes. */
const maxClusterBytes = 2 * 1024 ** 2;

/** Gives the file it builds on, relative to the folder. */
function checkHeader(check: LayerCheck, file: string, known: ReadonlySet<string>): string | null {
  const refuse = (why: string, code: 'image-unsafe' | 'image-invalid' = 'image-invalid') => refuseLayer(code, check, file, why);
  const path = join(check.folder, file);
  const head = readHead(path);
  const header = parseQcow2Header(head);
  if (header === undefined || head.length < 104 || ![2, 3].includes(header.version)) throw refuse('it is no qcow2 image');
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw refuse('its header is damaged');
  if (header.virtualSize === null || header.virtualSize > maxDiskBytes) throw refuse('its size is absurd');
  if (header.isEncrypted) throw refuse('it is encrypted');
  if (header.version >= 3 && (head.readBigUInt64BE(72) & ~harmlessFeatures) !== 0n) {
    throw refuse(
      header.hasDataFile ? 'it keeps its data in another file' : 'it is marked as damaged, or needs a feature that is not known',
      header.hasDataFile ? 'image-unsafe' : 'image-invalid',
    );
  }
  const extensions = listExtensions(head, header.version);
  if (extensions.includes(extension.dataFile)) throw refuse('it names a file for its data', 'image-unsafe');
  // QEMU believes the last one.
  if (extensions.filter((type) => type === extension.backingFormat).length > 1) {
    throw refuse('it says twice of which format the file below it is', 'image-unsafe');
  }
  if (header.backingName === null) return null;
  const { backing } = readLayer(path, 'qcow2');
  const target = `${machineFile.disks}/${backing?.name ?? ''}`;
  if (!known.has(target))
    throw refuse(`it builds on ${JSON.stringify(backing?.name)}, which is not in the archive`, 'image-unsafe');
  if (backing?.format !== 'qcow2') throw refuse('it does not say that it builds on a qcow2 image', 'image-unsafe');
  return target;
}

/** The types of the header extensions, as far as they go. */
function listExtensions(head: Buffer, version: number): number[] {
  const types: number[] = [];
  let offset = version >= 3 ? head.readUInt32BE(100) : 72;
  while (offset >= 72 && offset + 8 <= head.length) {
    const type = head.readUInt32BE(offset);
    if (type === 0) break;
    types.push(type);
    offset += 8 + Math.ceil(head.readUInt32BE(offset + 4) / 8) * 8;
  }
  return types;
}

function readHead(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(maxClusterBytes);
    return head.subarray(0, readSync(file, head, 0, head.length, 0));
  } finally {
    closeSync(file);
  }
}

function refuseLayer(
  code: 'image-unsafe' | 'image-invalid',
  { label }: LayerCheck,
  file: string,
  why: string,
  details?: string,
): AppError {
  return new AppError(code, `${label} is refused: ${file} in it cannot be used, because ${why}.`, {
    details,
    hint: 'Export the machine anew where it came from, and look at its disks there: `bothy image check MACHINE:DISK`.',
  });
}
