import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { imageFormats } from '../../../contract/image.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { createOverlay, editDefinition, layerDisk, qemuIo } from '../../kit/layers.ts';
import { findProcesses } from '../../kit/processes.ts';
import { requireOrSkip } from '../../kit/require-tool.ts';
import { spawnBothy } from '../../kit/run-bothy.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 8 * mib };

function useImages() {
  const made = useCore();
  return { ...made, image: made.core.handlers.image };
}

/** A raw image full of what does not compress and takes a while to copy. */
function writeLargeImage(path: string, megabytes: number): string {
  execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${megabytes}`, 'status=none']);
  return path;
}

/** A machine whose disk is raw, as an import or an older tool leaves it. */
async function useRawDisk() {
  const made = useImages();
  const { id } = await made.machine.create({ name: 'web', ...withDisk }, {});
  const disks = join(made.folder, 'machines', id, 'disks');
  writeRawImage(join(disks, 'disk0.raw'), 8 * mib);
  renameSync(join(disks, 'disk0.qcow2'), join(made.scratch, 'unused'));
  editDefinition(made.folder, id, ({ disks: [disk] }) => ({
    disks: disk === undefined ? [] : [{ ...disk, file: 'disks/disk0.raw', format: 'raw' as const }],
  }));
  return { ...made, id, disks };
}

describe('every format', () => {
  for (const from of imageFormats) {
    for (const to of imageFormats) {
      test(`${from} becomes ${to}, with the same content and size`, async () => {
        const { image, scratch } = useImages();
        // No whole number of cylinders, clusters or blocks.
        const raw = writeRawImage(join(scratch, 'seed.raw'), 5 * mib + 512);
        const source = join(scratch, `one, of="${from}"`);
        const target = join(scratch, `two, of="${to}"`);
        qemuImg('convert', '-f', 'raw', '-O', from, ...(from === 'vpc' ? ['-o', 'force_size=on'] : []), raw, source);
        const made = await image.convert({ image: source, to: target, format: to }, {});
        const { virtualSize } = await image.info({ image: source }, {});
        expect(made).toMatchObject({ file: target, format: to, virtualSize, notices: [] });
        expect(qemuImg('compare', '-f', from, '-F', to, source, target)).toContain('identical');
        expect(await image.info({ image: target }, {})).toMatchObject({ format: to, virtualSize, warning: null });
        expect(readdirSync(scratch).toSorted()).toEqual(
          ['one, of="', 'seed.raw', 'two, of="'].map((name) => expect.stringContaining(name)),
        );
      });
    }
  }

  test.each(imageFormats)('%s is made empty, of the size that was asked for', async (format) => {
    const { image, scratch } = useImages();
    const ending = { qcow2: 'qcow2', raw: 'img', vmdk: 'vmdk', vdi: 'vdi', vhdx: 'vhdx', vpc: 'vhd' }[format];
    const file = join(scratch, `new.${ending}`);
    expect(await image.create({ file, size: 40 * mib }, {})).toMatchObject({ file, format, virtualSize: 40 * mib });
    const told = JSON.parse(qemuImg('info', '--output=json', '-f', format, file)) as Record<string, unknown>;
    expect(told).toMatchObject({ 'virtual-size': 40 * mib, format });
    const again = image.create({ file, size: mib }, {});
    expect(await getFailure(again)).toMatchObject({ code: 'file-exists', hint: expect.any(String) });
    await image.create({ file, size: mib, force: true }, {});
    expect(await image.info({ image: file }, {})).toMatchObject({ virtualSize: mib });
    const reserved = await image
      .create({ file, size: 2 * mib, force: true, preallocate: true }, {})
      .catch((error: unknown) => error);
    if (format === 'qcow2' || format === 'raw') expect(reserved).toMatchObject({ virtualSize: 2 * mib });
    else expect(reserved).toMatchObject({ code: 'invalid-input' });
    expect(readdirSync(scratch)).toEqual([`new.${ending}`]);
  });

  test('a size that the format cannot have is told in words', async () => {
    const { image, scratch } = useImages();
    const failure = await getFailure(image.create({ file: join(scratch, 'big.vhd'), size: 3 * 1024 ** 4 }, {}));
    expect(failure).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/^Making the image big.vhd failed/) });
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('a conversion', () => {
  test('flattens the layers of a machine, also those of a running one that are frozen', async () => {
    const { image, machine, folder, scratch } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, present } = layerDisk(folder, id);
    qemuIo(present, 'qcow2', 'write -P 9 2M 64k');
    const copy = join(scratch, 'web.vdi');
    await image.convert({ image: 'web:disk0', to: copy }, {});
    expect(qemuImg('compare', '-f', 'qcow2', '-F', 'vdi', present, copy)).toContain('identical');
    await machine.start({ machine: id }, {});
    const running = image.convert({ image: 'web:disk0', to: join(scratch, 'b.raw') }, {});
    expect(await getFailure(running)).toMatchObject({ code: 'wrong-state', hint: expect.stringContaining('bothy shutdown web') });
    await image.convert({ image: first, to: join(scratch, 'first.raw') }, {});
    expect(existsSync(join(scratch, 'b.raw'))).toBe(false);
  });

  test('replaces a file only when told to, and keeps its mode', async () => {
    const { image, scratch } = useImages();
    const source = writeRawImage(join(scratch, 'source.raw'));
    const target = join(scratch, 'target.qcow2');
    writeFileSync(target, 'mine');
    chmodSync(target, 0o640);
    expect(await getFailure(image.convert({ image: source, to: target }, {}))).toMatchObject({ code: 'file-exists' });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    await image.convert({ image: source, to: target, force: true }, {});
    expect(statSync(target).mode & 0o777).toBe(0o640);
    // Onto itself, in another format.
    await image.convert({ image: source, to: source, format: 'qcow2', force: true }, {});
    expect(qemuImg('compare', '-f', 'qcow2', '-F', 'qcow2', source, target)).toContain('identical');
  });

  test('is refused for targets that make no sense', async () => {
    const { image, scratch, folder, machine } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const source = writeRawImage(join(scratch, 'source.raw'));
    mkdirSync(join(scratch, 'folder.raw'));
    symlinkSync(join(folder, 'machines', id, 'disks/disk0.qcow2'), join(scratch, 'link.raw'));
    const cases: readonly (readonly [to: string, code: string])[] = [
      ['relative.raw', 'invalid-input'],
      [join(scratch, 'no-ending'), 'invalid-input'],
      [join(scratch, 'no/such/folder.raw'), 'file-not-found'],
      [join(scratch, 'folder.raw'), 'invalid-input'],
      [`${scratch}/`, 'invalid-input'],
      ['/dev/null/x.raw', 'file-not-found'],
      [join(folder, 'machines', id, 'disks/new.qcow2'), 'invalid-input'],
      [join(folder, 'machines/new.qcow2'), 'invalid-input'],
      [join(folder, 'kept/new.qcow2'), 'invalid-input'],
      [join(scratch, 'link.raw'), 'invalid-input'],
    ];
    for (const [to, code] of cases) {
      const failure = await getFailure(image.convert({ image: source, to, force: true }, {}));
      expect(failure, to).toMatchObject({ code, hint: expect.any(String) });
    }
    const failure = await getFailure(image.convert({ image: source, to: join(scratch, 'x.vmdk'), compress: true }, {}));
    expect(failure).toMatchObject({ code: 'invalid-input' });
    expect(await getFailure(image.convert({ image: source }, {}))).toMatchObject({ code: 'invalid-input' });
  });

  test('tells what the copy does not have', async () => {
    const { image, scratch } = useImages();
    const source = join(scratch, 'source.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', source, '4M');
    qemuImg('snapshot', '-c', 'inside', source);
    const { notices } = await image.convert({ image: source, to: join(scratch, 'x.raw') }, {});
    expect(notices).toEqual([expect.stringContaining('a snapshot inside itself')]);
  });

  test('of an image that reaches for other files is refused', async () => {
    const { image, scratch, folder, machine } = useImages();
    const secret = writeRawImage(join(scratch, 'secret.raw'));
    const hostile = createOverlay(join(scratch, 'x.qcow2'), secret, 'raw');
    for (const work of [
      image.convert({ image: hostile, to: join(scratch, 'y.raw') }, {}),
      image.compact({ image: hostile }, {}),
    ]) {
      expect(await getFailure(work)).toMatchObject({ code: 'image-unsafe', message: expect.stringContaining('secret.raw') });
    }
    // Nor when it lies among the images of a machine, as its guest may have written a raw disk of that content.
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const planted = createOverlay(join(folder, 'machines', id, 'disks/planted.qcow2'), secret, 'raw');
    expect(await getFailure(image.convert({ image: planted, to: join(scratch, 'y.raw') }, {}))).toMatchObject({
      code: 'image-unsafe',
    });
    expect(existsSync(join(scratch, 'y.raw'))).toBe(false);
  });

  test('that is cancelled leaves nothing, and what was there is as it was', async () => {
    const { image, scratch } = useImages();
    const source = writeLargeImage(join(scratch, 'large.raw'), 300);
    const target = join(scratch, 'copy.qcow2');
    writeFileSync(target, 'mine');
    const controller = new AbortController();
    const steps: string[] = [];
    const progress = (fraction: number | null, step: string): void => {
      steps.push(step);
      if (fraction !== null && fraction > 0) controller.abort();
    };
    const work = image.convert(
      { image: source, to: target, compress: true, force: true },
      { signal: controller.signal, progress },
    );
    expect(await getFailure(work)).toMatchObject({ code: 'cancelled' });
    expect(steps).toContain('Copying the image');
    expect(readdirSync(scratch).toSorted()).toEqual(['copy.qcow2', 'large.raw']);
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });

  test('whose process is killed leaves what the next one to the same folder removes', async () => {
    const { image, scratch, home } = useImages();
    const source = writeLargeImage(join(scratch, 'large.raw'), 200);
    const target = join(scratch, 'copy.qcow2');
    const child = spawnBothy(home, ['image', 'convert', source, target, '--compress']);
    const left = await waitUntil('the half-made image', () =>
      readdirSync(scratch).find((name) => name.startsWith('.bothy-image-')),
    );
    child.kill('SIGKILL');
    await waitUntil('its end', () => child.exitCode !== null || child.signalCode !== null);
    expect(existsSync(target)).toBe(false);
    const isOver = () => findProcesses(scratch).length === 0;
    await waitUntil('qemu-img to end by itself', isOver, { timeoutMs: 60_000 });
    const small = writeRawImage(join(scratch, 'small.raw'));
    await image.convert({ image: small, to: target }, {});
    expect(readdirSync(scratch).toSorted()).toEqual(['copy.qcow2', 'large.raw', 'small.raw']);
    // One that another boot of the host, or another host, made is left while it is young.
    const strange = left.replace(/^(.{26})[0-9a-f]{8}/, '$100000000');
    mkdirSync(join(scratch, strange));
    await image.convert({ image: small, to: target, force: true }, {});
    expect(existsSync(join(scratch, strange))).toBe(true);
    execFileSync('touch', ['-d', '3 hours ago', join(scratch, strange)]);
    await image.convert({ image: small, to: target, force: true }, {});
    expect(existsSync(join(scratch, strange))).toBe(false);
  });

  test('without the room for it is refused, and one that fills the disk leaves nothing', async (context) => {
    requireOrSkip(context, process.getuid?.() === 0, 'a small file system is mounted for this, which takes root');
    const { image, scratch } = useImages();
    const small = join(scratch, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'bothy-test', small]);
    onTestFinished(() => void execFileSync('umount', ['-l', small]));
    const source = writeLargeImage(join(scratch, 'large.raw'), 16);
    for (const ending of ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vhd']) {
      const failure = await getFailure(image.convert({ image: source, to: join(small, `x.${ending}`) }, {}));
      expect(failure, ending).toMatchObject({ code: 'not-enough-space', message: expect.stringContaining('are free') });
    }
    const reserved = image.create({ file: join(small, 'x.raw'), size: 9 * mib, preallocate: true }, {});
    expect(await getFailure(reserved)).toMatchObject({ code: 'not-enough-space' });
    // How far it compresses is not known beforehand: not at all.
    const failure = await getFailure(image.convert({ image: source, to: join(small, 'x.qcow2'), compress: true }, {}));
    expect(failure).toMatchObject({ code: 'not-enough-space', hint: expect.stringContaining('Make room') });
    expect(readdirSync(small)).toEqual([]);
    const sparse = join(scratch, 'sparse.raw');
    writeFileSync(sparse, '');
    truncateSync(sparse, 1024 ** 3);
    await image.convert({ image: sparse, to: join(small, 'x.raw') }, {});
  });
});

describe('a raw disk of a machine', () => {
  test('becomes qcow2 in its place', async () => {
    const { image, machine, id, disks, scratch } = await useRawDisk();
    const original = join(scratch, 'original.raw');
    execFileSync('cp', [join(disks, 'disk0.raw'), original]);
    expect(await image.convert({ image: 'web:disk0' }, {})).toMatchObject({
      ...{ file: join(disks, 'disk0.qcow2'), format: 'qcow2', virtualSize: 8 * mib },
    });
    expect(readdirSync(disks)).toEqual(['disk0.qcow2']);
    expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', original, join(disks, 'disk0.qcow2'))).toContain('identical');
    expect(await machine.disks({ machine: id }, {})).toMatchObject([{ format: 'qcow2', problem: null }]);
    await machine.start({ machine: id }, {});
    expect(await getFailure(image.convert({ image: 'web:disk0' }, {}))).toMatchObject({
      ...{ code: 'invalid-input', message: expect.stringContaining('already') },
    });
  });

  test('does not while the machine runs or is suspended, nor into anything else', async () => {
    const { image, machine, id, folder, disks } = await useRawDisk();
    expect(await getFailure(image.convert({ image: 'web:disk0', format: 'vmdk' }, {}))).toMatchObject({ code: 'invalid-input' });
    await machine.start({ machine: id }, {});
    expect(await getFailure(image.convert({ image: 'web:disk0' }, {}))).toMatchObject({ code: 'wrong-state' });
    await machine.kill({ machine: id }, {});
    editDefinition(folder, id, ({ timeline }) => ({ timeline: { ...timeline, memory: 'suspended-aaaaaaaa' } }));
    expect(await getFailure(image.convert({ image: 'web:disk0' }, {}))).toMatchObject({ code: 'wrong-state' });
    expect(readdirSync(disks)).toEqual(['disk0.raw']);
  });

  test('is as it was when that is cancelled', async () => {
    const { image, machine, id, disks, folder } = await useRawDisk();
    writeLargeImage(join(disks, 'disk0.raw'), 200);
    const controller = new AbortController();
    const progress = (fraction: number | null): void => {
      if (fraction !== null) controller.abort();
    };
    const work = image.convert({ image: 'web:disk0' }, { signal: controller.signal, progress });
    expect(await getFailure(work)).toMatchObject({ code: 'cancelled' });
    expect(readdirSync(disks)).toEqual(['disk0.raw']);
    expect(readdirSync(join(folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
    expect(await machine.disks({ machine: id }, {})).toMatchObject([{ format: 'raw' }]);
  });

  test('whose conversion was killed at its end is cleaned up by the next look', async () => {
    const { machine, id, disks, folder } = await useRawDisk();
    const workshop = join(folder, 'machines', `.imaging-${id}`);
    const files = ['disk0.qcow2', 'disk0.raw'].map((name) => join(disks, name));
    // Killed before machine.json was switched: the new file is one too many.
    qemuImg('create', '-q', '-f', 'qcow2', join(disks, 'disk0.qcow2'), '8M');
    qemuImg('create', '-q', '-f', 'qcow2', join(disks, 'somebodys.qcow2'), '8M');
    mkdirSync(workshop);
    writeFileSync(join(workshop, 'leftovers.json'), JSON.stringify([...files, '/etc/passwd', 7]));
    await machine.list({}, {});
    expect(readdirSync(disks).toSorted()).toEqual(['disk0.raw', 'somebodys.qcow2']);
    // Killed after it: the old one is.
    qemuImg('create', '-q', '-f', 'qcow2', join(disks, 'disk0.qcow2'), '8M');
    editDefinition(folder, id, ({ disks: [disk] }) => ({
      disks: disk === undefined ? [] : [{ ...disk, file: 'disks/disk0.qcow2', format: 'qcow2' as const }],
    }));
    mkdirSync(workshop);
    writeFileSync(join(workshop, 'leftovers.json'), JSON.stringify(files));
    await machine.list({}, {});
    expect(readdirSync(disks).toSorted()).toEqual(['disk0.qcow2', 'somebodys.qcow2']);
    expect(readdirSync(join(folder, 'machines')).toSorted()).toEqual(['.lock-key', id]);
  });
});
