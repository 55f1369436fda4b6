import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseQcow2Header } from '../../../core/image/qcow2-header.ts';
import { createLayerReader, readChain } from '../../../core/image/read-chain.ts';
import { readLayer } from '../../../core/image/read-layer.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';

const mib = 1024 ** 2;

function useFolder(): string {
  const folder = mkdtempSync('/tmp/bothy-chain-');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** `qemu-img create` of an overlay, with the name in the header as it is given. */
function createOverlay(folder: string, name: string, backing: string, format = 'qcow2'): string {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', format, name], { cwd: folder });
  return join(folder, name);
}

describe('a qcow2 header', () => {
  test('tells what qemu-img was asked for', () => {
    const folder = useFolder();
    const file = join(folder, 'x.qcow2');
    const read = () => readLayer(file, null).qcow2;
    qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=2M,compression_type=zstd,extended_l2=on', file, '3G');
    expect(read()).toMatchObject({
      version: 3,
      clusterBytes: 2 * mib,
      virtualSize: 3 * 1024 ** 3,
      hasExtendedL2: true,
      compression: 'zstd',
      isEncrypted: false,
    });
    qemuImg('create', '-q', '-f', 'qcow2', '-o', 'compat=0.10', file, '1M');
    qemuImg('snapshot', '-c', 'inside', file);
    expect(read()).toMatchObject({ version: 2, clusterBytes: 65_536, internalSnapshots: 1, hasExtendedL2: false });
    qemuImg('create', '-q', '-f', 'qcow2', file, '1M');
    qemuImg('bitmap', '--add', file, 'changes');
    expect(read()).toMatchObject({ hasBitmaps: true, internalSnapshots: 0, backingName: null, backingFormat: null });
    qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${join(folder, 'data')}`, file, '1M');
    expect(read()).toMatchObject({ hasDataFile: true });
  });

  test('of any bytes is parsed without a failure, and in no time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (rest) => {
        const head = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), rest]);
        const parsed = parseQcow2Header(head);
        expect(parsed === undefined).toBe(head.length < 72);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a chain', () => {
  test('goes from an image down to its base, by names relative to each file', () => {
    const folder = useFolder();
    for (const name of ['one', 'two']) mkdirSync(join(folder, name));
    qemuImg('create', '-q', '-f', 'qcow2', join(folder, 'one/base.qcow2'), '8M');
    createOverlay(join(folder, 'one'), 'middle.qcow2', 'base.qcow2');
    createOverlay(join(folder, 'two'), 'top.qcow2', '../one/middle.qcow2');
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    onTestFinished(() => renameSync(moved, folder));
    const chain = readChain(join(moved, 'two/top.qcow2'), 'qcow2');
    expect(chain.map(({ file, problem }) => [file, problem])).toEqual(
      ['two/top.qcow2', 'one/middle.qcow2', 'one/base.qcow2'].map((name) => [join(moved, name), null]),
    );
    expect(chain.map(({ layer }) => layer?.virtualSize)).toEqual([8 * mib, 8 * mib, 8 * mib]);
  });

  test('never looks for a header in a disk that is said to be raw', () => {
    const folder = useFolder();
    // A guest wrote the header of an overlay on its raw disk.
    const secret = writeRawImage(join(folder, 'secret'));
    createOverlay(folder, 'raw.img', secret, 'raw');
    createOverlay(folder, 'top.qcow2', 'raw.img', 'raw');
    expect(readChain(join(folder, 'top.qcow2'), 'qcow2').map(({ file }) => file)).toEqual([
      join(folder, 'top.qcow2'),
      join(folder, 'raw.img'),
    ]);
    expect(readChain(join(folder, 'raw.img'), 'raw')).toHaveLength(1);
  });

  test('ends where it is broken, and says how', () => {
    const folder = useFolder();
    const base = join(folder, 'base.qcow2');
    const end = (file: string, format: string | null = 'qcow2') => readChain(join(folder, file), format).at(-1);
    qemuImg('create', '-q', '-f', 'qcow2', base, '1M');
    createOverlay(folder, 'top.qcow2', 'base.qcow2');
    createOverlay(folder, 'loop.qcow2', 'top.qcow2');
    const guessing = createOverlay(folder, 'guessing.qcow2', 'base.qcow2');
    rmSync(base);
    expect(end('top.qcow2')).toEqual({ file: base, layer: null, problem: 'it is missing' });
    writeFileSync(base, 'no image at all');
    expect(end('top.qcow2')).toMatchObject({ file: base, problem: 'it is not a qcow2 image' });
    rmSync(base);
    execFileSync('mkfifo', [base]);
    expect(end('top.qcow2')).toMatchObject({ problem: 'it is not a file' });
    rmSync(base);
    symlinkSync('loop.qcow2', base);
    expect(end('loop.qcow2')).toMatchObject({ problem: 'it builds on itself', layer: null });
    rmSync(base);
    mkdirSync(base);
    expect(end('top.qcow2')).toMatchObject({ problem: 'it is not a file' });
    execFileSync('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-b', 'top.qcow2', '-F', 'qcow2', join(folder, 'top.qcow2')]);
    expect(end('top.qcow2')).toMatchObject({ file: join(folder, 'top.qcow2'), problem: 'it builds on itself' });
    execFileSync('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-b', 'nbd://host/x', '-F', 'raw', join(folder, 'top.qcow2')]);
    expect(end('top.qcow2')).toMatchObject({ problem: expect.stringContaining('which is no file') });
    // The type of the extension that names the format.
    const header = readFileSync(guessing);
    header.writeUInt32BE(0x12345678, header.indexOf('qcow2') - 8);
    writeFileSync(guessing, header);
    expect(readChain(guessing, 'qcow2')[0]).toMatchObject({
      problem: expect.stringContaining('of which format'),
    });
  });

  test('reads a file once for many walks that share a reader', () => {
    const folder = useFolder();
    const base = join(folder, 'base.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', base, '1M');
    createOverlay(folder, 'top.qcow2', 'base.qcow2');
    const read = createLayerReader();
    const first = readChain(join(folder, 'top.qcow2'), 'qcow2', read);
    rmSync(base);
    expect(readChain(join(folder, 'top.qcow2'), 'qcow2', read)).toEqual(first);
    expect(readChain(join(folder, 'top.qcow2'), 'qcow2')).not.toEqual(first);
  });
});
