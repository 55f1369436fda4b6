import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseQcow2Header } from '../../../core/image/qcow2-header.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { createOverlay, editDefinition, layerDisk, qemuIo } from '../../kit/layers.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 64 * mib };

function useImages() {
  const made = useCore();
  return { ...made, image: made.core.handlers.image };
}

function readHeader(file: string) {
  return parseQcow2Header(readFileSync(file).subarray(0, 4096));
}

/** Data, of which half is zeros again that still take room. */
function fill(file: string, format = 'qcow2'): void {
  qemuIo(file, format, 'write -P 5 0 16M', 'write -P 0 4M 8M');
}

describe('compacting', () => {
  test('gives back what holds nothing, in every layer of a machine, and keeps the content', async () => {
    const { image, machine, folder, scratch } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, second, present } = layerDisk(folder, id);
    for (const layer of [first, second, present]) fill(layer);
    qemuIo(present, 'qcow2', 'write -P 6 0 1M', 'write -z 14M 2M');
    const original = join(scratch, 'original.raw');
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', present, original);
    for (const layer of [first, second, present]) {
      const names = readHeader(layer)?.backingFormat;
      const before = statSync(layer);
      const result = await image.compact({ image: layer }, {});
      expect(result.freedBytes, layer).toBeGreaterThan(7 * mib);
      expect(result).toMatchObject({
        file: layer,
        actualSizeBefore: before.blocks * 512,
        actualSize: statSync(layer).blocks * 512,
      });
      expect(statSync(layer).mode).toBe(before.mode);
      expect(readHeader(layer)?.backingFormat).toBe(names);
      expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', original, present)).toContain('identical');
    }
    // The names in the headers are as they were: the home can still be moved.
    expect(execFileSync('head', ['-c', '4096', present]).toString('latin1')).toContain('disk0-bbbbbbbb.qcow2');
    expect(execFileSync('head', ['-c', '4096', present]).toString('latin1')).not.toContain(folder);
    expect(await image.compact({ image: 'web:disk0' }, {})).toMatchObject({ freedBytes: 0 });
    expect(readdirSync(join(folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
    await machine.start({ machine: id }, {});
  });

  test('is refused while a machine runs that uses the file, its own or a clone', async () => {
    const { image, machine, folder } = useImages();
    const web = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, present } = layerDisk(folder, web.id);
    fill(first);
    const clone = await machine.create({ name: 'clone', ...withDisk }, {});
    createOverlay(join(folder, 'machines', clone.id, 'disks/disk0.qcow2'), first);
    await machine.start({ machine: 'clone' }, {});
    expect(await getFailure(image.compact({ image: first }, {}))).toMatchObject({
      ...{
        code: 'wrong-state',
        message: expect.stringContaining('“clone” has it open'),
        hint: expect.stringContaining('bothy shutdown clone'),
      },
    });
    expect(await image.compact({ image: present }, {})).toMatchObject({ freedBytes: 0 });
    await machine.kill({ machine: 'clone' }, {});
    await machine.start({ machine: 'web' }, {});
    expect(await getFailure(image.compact({ image: first }, {}))).toMatchObject({ message: expect.stringContaining('“web”') });
    await machine.kill({ machine: 'web' }, {});
    expect((await image.compact({ image: first }, {})).freedBytes).toBeGreaterThan(7 * mib);
  });

  test('works for a suspended machine, and for images of no machine', async () => {
    const { image, machine, folder, scratch } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    fill(join(folder, 'machines', id, 'disks/disk0.qcow2'));
    editDefinition(folder, id, ({ timeline }) => ({ timeline: { ...timeline, memory: 'suspended-aaaaaaaa' } }));
    expect((await image.compact({ image: 'web:disk0' }, {})).freedBytes).toBeGreaterThan(7 * mib);
    for (const format of ['qcow2', 'raw']) {
      const file = join(scratch, `x.${format}`);
      qemuImg('create', '-q', '-f', format, file, '64M');
      fill(file, format);
      qemuImg('convert', '-f', format, '-O', 'raw', file, join(scratch, 'original'));
      expect((await image.compact({ image: file }, {})).freedBytes, format).toBeGreaterThan(7 * mib);
      expect(qemuImg('compare', '-f', 'raw', '-F', format, join(scratch, 'original'), file)).toContain('identical');
    }
    expect(readdirSync(scratch).toSorted()).toEqual(['original', 'x.qcow2', 'x.raw']);
  });

  test('keeps how an image was made', async () => {
    const { image, scratch } = useImages();
    const file = join(scratch, 'x.qcow2');
    const options = 'cluster_size=128k,extended_l2=on,compression_type=zstd';
    qemuImg('create', '-q', '-f', 'qcow2', '-o', options, file, '64M');
    fill(file);
    const before = readHeader(file);
    expect((await image.compact({ image: file }, {})).freedBytes).toBeGreaterThan(7 * mib);
    expect(readHeader(file)).toEqual(before);
    const old = join(scratch, 'old.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-o', 'compat=0.10', old, '64M');
    fill(old);
    await image.compact({ image: old }, {});
    expect(readHeader(old)).toMatchObject({ version: 2 });
  });

  test('leaves a compressed image compressed', async () => {
    const { image, scratch } = useImages();
    const raw = writeRawImage(join(scratch, 'x.raw'), 32 * mib, 'text that compresses well');
    execFileSync('bash', ['-c', `yes 'text that compresses well' | head -c 32M | dd of=${raw} conv=notrunc status=none`]);
    const file = join(scratch, 'x.qcow2');
    qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', raw, file);
    expect(await image.compact({ image: file }, {})).toMatchObject({ freedBytes: 0 });
    expect(statSync(file).size).toBeLessThan(8 * mib);
  });

  test('is refused where something would be lost', async () => {
    const { image, scratch } = useImages();
    const make = (name: string, ...options: string[]): string => {
      const file = join(scratch, name);
      qemuImg('create', '-q', '-f', 'qcow2', ...options, file, '4M');
      return file;
    };
    const snapshots = make('snapshots.qcow2');
    qemuImg('snapshot', '-c', 'inside', snapshots);
    const bitmaps = make('bitmaps.qcow2');
    qemuImg('bitmap', '--add', bitmaps, 'changes');
    const encrypted = make(
      'secret.qcow2',
      '--object',
      'secret,id=key,data=open',
      '-o',
      'encrypt.format=aes,encrypt.key-secret=key',
    );
    const damaged = make('damaged.qcow2');
    qemuIo(damaged, 'qcow2', 'write -P 5 0 1M');
    execFileSync('dd', ['if=/dev/zero', `of=${damaged}`, 'bs=64k', 'seek=2', 'count=1', 'conv=notrunc', 'status=none']);
    for (const file of [snapshots, bitmaps, encrypted, damaged]) {
      const before = readFileSync(file);
      const failure = await getFailure(image.compact({ image: file }, {}));
      expect(failure, file).toMatchObject({
        code: expect.stringMatching(/^(invalid-input|image-invalid)$/),
        hint: expect.any(String),
      });
      expect(readFileSync(file).equals(before)).toBe(true);
    }
    qemuImg('create', '-q', '-f', 'vdi', join(scratch, 'x.vdi'), '4M');
    expect(await getFailure(image.compact({ image: join(scratch, 'x.vdi') }, {}))).toMatchObject({ code: 'invalid-input' });
  });

  test('that is cancelled leaves the image as it was', async () => {
    const { image, machine, folder } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk, diskSize: 512 * mib }, {});
    const file = join(folder, 'machines', id, 'disks/disk0.qcow2');
    qemuIo(file, 'qcow2', 'write -P 5 0 400M', 'write -P 0 0 100M');
    const { ino } = statSync(file);
    const controller = new AbortController();
    const progress = (fraction: number | null): void => {
      if (fraction !== null && fraction > 0) controller.abort();
    };
    expect(await getFailure(image.compact({ image: 'web:disk0' }, { signal: controller.signal, progress }))).toMatchObject({
      code: 'cancelled',
    });
    expect(statSync(file).ino).toBe(ino);
    expect(readdirSync(join(folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
    expect(qemuImg('check', '-f', 'qcow2', file)).toContain('No errors');
  });
});

describe('deleting', () => {
  test('takes orphans and kept images, the uppermost first, and nothing that is needed', async () => {
    const { image, machine, folder, scratch } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, second, present } = layerDisk(folder, id);
    const orphan = join(folder, 'machines', id, 'disks/left.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', orphan, '4M');
    const above = createOverlay(join(folder, 'machines', id, 'disks/above.qcow2'), orphan);
    for (const [file, words] of [
      [first, 'snapshot “clean”'],
      [second, 'snapshot “tuned”'],
      [present, 'it is a disk of “web”'],
      [orphan, `${above} builds on it`],
    ] as const) {
      const failure = await getFailure(image.delete({ image: file }, {}));
      expect(failure, file).toMatchObject({
        code: 'wrong-state',
        message: expect.stringContaining(words),
        hint: expect.any(String),
      });
      expect(existsSync(file)).toBe(true);
    }
    const mine = writeRawImage(join(scratch, 'mine.raw'));
    expect(await getFailure(image.delete({ image: mine }, {}))).toMatchObject({ code: 'invalid-input' });
    expect(await getFailure(image.delete({ image: `${orphan}x` }, {}))).toMatchObject({ code: 'file-not-found' });
    expect(await image.delete({ image: above }, {})).toEqual({ file: above, freedBytes: expect.any(Number) });
    await image.delete({ image: orphan }, {});
    await machine.delete({ machine: id, keepDisks: true }, {});
    const kept = join(folder, 'kept', `web-${id}`);
    expect(await getFailure(image.delete({ image: join(kept, 'disk0.qcow2') }, {}))).toMatchObject({ code: 'wrong-state' });
    for (const name of ['disk0-cccccccc.qcow2', 'disk0-bbbbbbbb.qcow2', 'disk0.qcow2']) {
      expect((await image.delete({ image: join(kept, name) }, {})).freedBytes).toBeGreaterThan(0);
    }
    expect(readdirSync(join(folder, 'kept'))).toEqual([]);
  });

  test('waits for whoever changes the machine', async () => {
    const { image, machine, folder, core } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk, diskSize: 512 * mib }, {});
    const file = join(folder, 'machines', id, 'disks/disk0.qcow2');
    qemuIo(file, 'qcow2', 'write -P 5 0 400M');
    const orphan = join(folder, 'machines', id, 'disks/left.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', orphan, '4M');
    const compacting = image.compact({ image: 'web:disk0' }, {});
    onTestFinished(() => compacting.then(() => undefined));
    await image.delete({ image: orphan }, {}).catch((error: unknown) => expect(error).toMatchObject({ code: 'busy' }));
    expect((await core.handlers.task.list({}, {})).map(({ title, machineId }) => [title, machineId])).toContainEqual([
      'Compact disk0 of “web”',
      id,
    ]);
  });
});
