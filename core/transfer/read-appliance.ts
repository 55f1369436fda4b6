import { createHash } from 'node:crypto';
import { constants, lstatSync, realpathSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { TaskContext } from '../task/task-list.ts';
import { FileEndedError, readBytes, readRange } from './read-range.ts';
import { padToBlock, parseTarAttributes, parseTarHeader, type TarAttributes, tarBlockBytes } from './tar-header.ts';

/** Where the bytes of a file of an appliance are. */
export interface AppliancePart {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/** An OVF description and the files it may name, in one OVA or side by side in a folder. */
export interface Appliance {
  /** The file that was opened. */
  readonly path: string;
  readonly descriptorName: string;
  readonly descriptor: string;
  /** Undefined when there is no such file. Throws for what is no plain file. */
  find(name: string): AppliancePart | undefined;
}

/** An OVF has some ten kilobytes. */
const maxTextBytes = 4 * 1024 ** 2;

/** Opens an OVA. Throws `archive-invalid`. */
export async function readOva(path: string): Promise<Appliance> {
  const parts = await listTarParts(path);
  const descriptorName = [...parts.keys()].find((name) => /\.ovf$/i.test(name));
  const descriptor = descriptorName === undefined ? undefined : parts.get(descriptorName);
  if (descriptorName === undefined || descriptor === undefined) throw refuseAppliance(path, 'no OVF description is in it');
  return { path, descriptorName, descriptor: await readText(descriptor, path), find: (name) => parts.get(name) };
}

/** Opens an OVF whose files lie beside it. */
export async function readOvfFolder(link: string): Promise<Appliance> {
  const path = realpathSync(link);
  const find = (name: string): AppliancePart | undefined => {
    const file = join(dirname(path), name);
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    if (!status.isFile()) throw refuseAppliance(path, `${file} is no plain file`);
    return { path: file, offset: 0, size: status.size };
  };
  const descriptor = await readText({ path, offset: 0, size: Number.POSITIVE_INFINITY }, path);
  return { path, descriptorName: basename(path), descriptor, find };
}

/**
 * Compares the checksums of the appliance's manifest (DSP0243, 9.1), where it has one, for the description and the files
 * that are used. Throws `archive-invalid`.
 */
export async function verifyAppliance(appliance: Appliance, names: readonly string[], context: TaskContext): Promise<void> {
  const manifest = appliance.find(appliance.descriptorName.replace(/\.ovf$/i, '.mf'));
  if (manifest === undefined) return;
  const digests = parseDigests(await readText(manifest, appliance.path));
  const parts = [...new Set([appliance.descriptorName, ...names])].map((name) => ({ name, part: appliance.find(name) }));
  const total = parts.reduce((sum, { part }) => sum + (part?.size ?? 0), 0);
  let done = 0;
  for (const { name, part } of parts) {
    const wanted = digests.get(name);
    if (part === undefined) continue;
    if (wanted === undefined) throw refuseAppliance(appliance.path, `its manifest has no checksum of ${name}`);
    const hash = createHash(wanted.algorithm);
    await withPart(part, appliance.path, async (file) => {
      for await (const chunk of readRange(file, part.offset, part.size, context.signal)) {
        hash.update(chunk);
        done += chunk.length;
        context.progress(total === 0 ? null : done / total, 'Comparing checksums');
      }
    });
    if (hash.digest('hex') !== wanted.digest) throw refuseAppliance(appliance.path, `${name} does not fit its checksum`);
  }
}

/** Runs with the file of a part open; a file that ended early is told as damage. */
async function withPart<T>(part: AppliancePart, label: string, act: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(part.path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await act(file);
  } catch (error) {
    throw error instanceof FileEndedError ? refuseAppliance(label, 'its end is missing') : error;
  } finally {
    await file.close();
  }
}

export function refuseAppliance(path: string, why: string): AppError {
  return new AppError('archive-invalid', `${path} is refused: ${why}.`, {
    hint: 'A broken download shows like this: check its size and checksum.',
  });
}

async function readText(part: AppliancePart, label: string): Promise<string> {
  const bytes = await withPart(part, label, async (file) => {
    const size = Math.min(part.size, (await file.stat()).size);
    if (size > maxTextBytes) throw refuseAppliance(label, `its description has ${size} bytes`);
    return readBytes(file, part.offset, size);
  });
  try {
    const encoding = bytes.length >= 2 && bytes.readUInt16BE(0) === 0xfffe ? 'utf-16le' : 'utf-8';
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw refuseAppliance(label, 'its description is no text');
  }
}

/** Entries that only say something of the next one, and folders. */
const attributeTypes = ['L', 'x', 'g'];
const folderType = '5';

/** Finds the files of a tar without reading them. Links and devices have no place in an appliance. */
async function listTarParts(path: string): Promise<Map<string, AppliancePart>> {
  const parts = new Map<string, AppliancePart>();
  await withPart({ path, offset: 0, size: 0 }, path, async (file) => {
    const { size: fileBytes } = await file.stat();
    let attributes: TarAttributes = {};
    for (let offset = 0; offset + tarBlockBytes <= fileBytes; ) {
      const block = await readBytes(file, offset, tarBlockBytes);
      // Two blocks of zeros end a tar; some tools write none.
      if (block.every((byte) => byte === 0)) return;
      const header = parseTarHeader(block);
      if (header === undefined) throw refuseAppliance(path, `it has no tar header at byte ${offset}`);
      const { type } = header;
      const isEntry = !attributeTypes.includes(type);
      const size = isEntry ? (attributes.size ?? header.size) : header.size;
      const start = offset + tarBlockBytes;
      if (start + size > fileBytes) throw refuseAppliance(path, `its end is missing: ${header.name} has ${size} bytes`);
      offset = start + padToBlock(size);
      if (!isEntry) {
        if (size > maxTextBytes) throw refuseAppliance(path, `it has a header of ${size} bytes`);
        attributes = { ...attributes, ...parseTarAttributes(type, await readBytes(file, start, size)) };
        continue;
      }
      const name = (attributes.name ?? header.name).replace(/^\.\//, '');
      attributes = {};
      if (type === folderType) continue;
      if (type !== '0') throw refuseAppliance(path, `${name} in it is no plain file`);
      if (parts.has(name)) throw refuseAppliance(path, `it holds ${name} twice`);
      parts.set(name, { path, offset: start, size });
    }
  });
  return parts;
}

interface Digest {
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  readonly digest: string;
}

/** Lines such as `SHA256(web.ovf)= 0123…`. */
function parseDigests(text: string): Map<string, Digest> {
  const digests = new Map<string, Digest>();
  for (const [, algorithm = '', name = '', digest = ''] of text.matchAll(
    /^\s*(SHA1|SHA256|SHA512)\s*\((.+)\)\s*=\s*([0-9a-f]+)\s*$/gim,
  )) {
    digests.set(name, { algorithm: algorithm.toLowerCase() as Digest['algorithm'], digest: digest.toLowerCase() });
  }
  return digests;
}
