import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { buildOvf, type OvfContent } from './build-ovf.ts';
import { type ExportSource, type ExportWork, measureDisks } from './export-source.ts';
import { readRange, writeAll } from './read-range.ts';
import { buildTarHeader, padToBlock, tarBlockBytes } from './tar-header.ts';
import type { TargetFile } from './target-file.ts';

/**
 * Writes a machine as an OVA: an OVF description, a VMDK as OVAs have them for each disk, and their checksums. Each VMDK is
 * made beside the target and moved in before the next is made, so the description, which comes first and tells their sizes,
 * is written last, into the room that was left for it.
 */
export async function exportOva(source: ExportSource, { path, temporary }: TargetFile, work: ExportWork): Promise<void> {
  const { configuration } = source;
  const sizes = await measureDisks(source, work);
  // Packing makes it smaller; a VMDK and its copy are there at the same time only for one disk.
  checkFreeSpace(dirname(path), sizes.totalBytes, `Exporting “${configuration.name}”`);
  const files = source.disks.map((_, index) => `${configuration.name}-disk${index + 1}.vmdk`);
  const describe = (fileBytes: (index: number) => number): Buffer =>
    Buffer.from(buildOvf(buildContent(source, files, sizes.virtualBytes, fileBytes)));
  const room = describe(() => Number.MAX_SAFE_INTEGER).length;
  const name = `${configuration.name}.ovf`;
  const ova = await open(temporary, 'wx', 0o600);
  try {
    const digests: string[] = [];
    const fileBytes: number[] = [];
    let position = tarBlockBytes + padToBlock(room);
    let done = 0;
    for (const [index, disk] of source.disks.entries()) {
      const vmdk = `${temporary}.vmdk`;
      const bytes = sizes.copyBytes[index] ?? 0;
      const report = (fraction: number) =>
        work.progress((done + bytes * fraction) / (sizes.totalBytes || 1), `Packing ${disk.id}`);
      report(0);
      const options = ['subformat=streamOptimized', 'adapter_type=lsilogic'];
      await work.qemuImg.convert(
        disk.path,
        disk.format,
        vmdk,
        (fraction) => report((fraction ?? 0) * convertShare),
        work.signal,
        {
          format: 'vmdk',
          options,
        },
      );
      const moved = await appendFile(ova, position, files[index] ?? '', vmdk, work, (fraction) =>
        report(convertShare + fraction * (1 - convertShare)),
      );
      rmSync(vmdk);
      position = moved.end;
      fileBytes.push(moved.bytes);
      digests.push(moved.digestLine);
      done += bytes;
    }
    const description = Buffer.alloc(room, '\n');
    describe((index) => fileBytes[index] ?? 0).copy(description);
    await appendBytes(ova, 0, name, description);
    const lines = [buildDigestLine(name, createHash('sha256').update(description).digest('hex')), ...digests];
    const end = await appendBytes(ova, position, `${configuration.name}.mf`, Buffer.from(lines.join('')));
    await writeAll(ova, Buffer.alloc(2 * tarBlockBytes), end);
  } finally {
    rmSync(`${temporary}.vmdk`, { force: true });
    await ova.close();
  }
}

/** About how much of the work is QEMU's, compressing. */
const convertShare = 0.9;

function buildContent(
  { configuration, disks }: ExportSource,
  files: readonly string[],
  virtualBytes: readonly number[],
  fileBytes: (index: number) => number,
): OvfContent {
  const { name, cpus, memoryMiB, firmware, network } = configuration;
  return {
    name,
    cpus,
    memoryMiB,
    firmware,
    hasNetwork: network.mode !== 'none',
    disks: disks.map(({ bus }, index) => ({
      file: files[index] ?? '',
      fileBytes: fileBytes(index),
      capacityBytes: virtualBytes[index] ?? 0,
      bus,
    })),
  };
}

async function appendFile(
  ova: FileHandle,
  position: number,
  name: string,
  path: string,
  { signal }: ExportWork,
  report: (fraction: number) => void,
): Promise<{ end: number; bytes: number; digestLine: string }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256');
    await writeAll(ova, buildTarHeader(name, size), position);
    let at = position + tarBlockBytes;
    for await (const chunk of readRange(file, 0, size, signal)) {
      hash.update(chunk);
      await writeAll(ova, chunk, at);
      at += chunk.length;
      report((at - position) / (size + tarBlockBytes));
    }
    await writeAll(ova, Buffer.alloc(padToBlock(size) - size), at);
    return {
      end: position + tarBlockBytes + padToBlock(size),
      bytes: size,
      digestLine: buildDigestLine(name, hash.digest('hex')),
    };
  } finally {
    await file.close();
  }
}

async function appendBytes(ova: FileHandle, position: number, name: string, content: Buffer): Promise<number> {
  const padding = Buffer.alloc(padToBlock(content.length) - content.length);
  const bytes = Buffer.concat([buildTarHeader(name, content.length), content, padding]);
  await writeAll(ova, bytes, position);
  return position + bytes.length;
}

function buildDigestLine(name: string, digest: string): string {
  return `SHA256(${name})= ${digest}\n`;
}
