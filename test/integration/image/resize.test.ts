import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withMonitor } from '../../../core/qemu/with-monitor.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { createOverlay, editDefinition, layerDisk, qemuIo } from '../../kit/layers.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 8 * mib };

function useImages() {
  const made = useCore();
  const { image } = made.core.handlers;
  const readSize = async (name: string) => (await image.info({ image: name }, {})).virtualSize;
  return { ...made, image, readSize };
}

interface BlockDevice {
  readonly qdev: string;
  readonly inserted?: { readonly image: { readonly 'virtual-size': number } };
}

describe('a disk of a machine grows', () => {
  test.each(['running', 'paused'] as const)('while it is %s, and QEMU has the new size at once', async (state) => {
    const { machine, image, folder, readSize } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk, extraDisks: [mib] }, {});
    // The second disk hangs on SATA, whose devices QEMU names in another way.
    editDefinition(folder, id, ({ disks }) => ({
      disks: disks.map((disk) => ({ ...disk, bus: disk.id === 'disk1' ? 'sata' : disk.bus })),
    }));
    await machine.start({ machine: id }, {});
    if (state === 'paused') await machine.pause({ machine: id }, {});
    for (const disk of ['disk0', 'disk1']) {
      expect(await image.resize({ image: `web:${disk}`, size: 20 * mib }, {})).toMatchObject({
        virtualSize: 20 * mib,
        isLive: true,
      });
      const devices = await withMonitor(join(folder, 'run', id), (monitor) => monitor.execute<BlockDevice[]>('query-block'));
      const device = devices.find(({ qdev }) => qdev.includes(`${disk}-device`));
      expect(device?.inserted?.image['virtual-size']).toBe(20 * mib);
      expect(await readSize(`web:${disk}`)).toBe(20 * mib);
    }
    expect(await image.resize({ image: 'web:disk0', size: 20 * mib }, {})).toMatchObject({ virtualSizeBefore: 20 * mib });
    const smaller = image.resize({ image: 'web:disk0', size: mib }, {});
    expect(await getFailure(smaller)).toMatchObject({ code: 'invalid-input', message: expect.stringContaining('made smaller') });
    const reserved = image.resize({ image: 'web:disk0', size: 30 * mib, preallocate: true }, {});
    expect(await getFailure(reserved)).toMatchObject({ code: 'invalid-input' });
    expect((await machine.info({ machine: id }, {})).state).toBe(state);
    expect((await machine.activity({ machine: id }, {})).entries.map(({ text }) => text)).toContain('Disk disk0 grew to 20 MiB');
  });

  test('after snapshots were taken while it ran, which keep their size', async () => {
    const { machine, image, core, readSize } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    await machine.start({ machine: id }, {});
    await core.handlers.snapshot.create({ machine: id, name: 'small' }, {});
    await core.handlers.snapshot.create({ machine: id, name: 'still small' }, {});
    expect(await image.resize({ image: 'web:disk0', size: 20 * mib }, {})).toMatchObject({ virtualSize: 20 * mib, isLive: true });
    expect(await readSize('web:disk0')).toBe(20 * mib);
    const { images } = await image.list({}, {});
    const layers = images.map(({ role, snapshots, virtualSize }) => [role, snapshots.map(({ name }) => name), virtualSize]);
    expect(layers).toHaveLength(3);
    expect(layers).toEqual(
      expect.arrayContaining([
        ['present', [], 20 * mib],
        ['snapshot', ['small'], 8 * mib],
        ['snapshot', ['still small'], 8 * mib],
      ]),
    );
    await core.handlers.snapshot.create({ machine: id, name: 'large' }, {});
    expect(await readSize('web:disk0')).toBe(20 * mib);
    await core.handlers.snapshot.restore({ machine: id, snapshot: 'small', present: 'discard' }, {});
    expect(await readSize('web:disk0')).toBe(8 * mib);
    await core.handlers.snapshot.restore({ machine: id, snapshot: 'large', present: 'discard' }, {});
    expect(await readSize('web:disk0')).toBe(20 * mib);
    await machine.kill({ machine: id }, {});
    // A snapshot less: what was grown goes down into what was not.
    await core.handlers.snapshot.delete({ machine: id, snapshot: 'large' }, {});
    await core.handlers.snapshot.delete({ machine: id, snapshot: 'still small' }, {});
    expect(await readSize('web:disk0')).toBe(20 * mib);
    const { findings } = await image.check({ image: 'web:disk0' }, {});
    expect(findings.every(({ status }) => status === 'clean')).toBe(true);
  });

  test('while it is off, and its snapshots keep their size', async () => {
    const { machine, image, folder, readSize } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, second, present } = layerDisk(folder, id);
    qemuIo(present, 'qcow2', 'write -P 7 1M 64k');
    expect(await image.resize({ image: 'web:disk0', size: 16 * mib + 1 }, {})).toEqual({
      ...{ file: present, virtualSizeBefore: 8 * mib, virtualSize: 16 * mib + 512, isLive: false },
    });
    expect([await readSize(first), await readSize(second), await readSize(present)]).toEqual([8 * mib, 8 * mib, 16 * mib + 512]);
    qemuIo(present, 'qcow2', 'read -P 7 1M 64k', 'read -P 0 8M 8M');
    expect(qemuImg('check', '-f', 'qcow2', present)).toContain('No errors');
    for (const layer of [first, second]) {
      const failure = await getFailure(image.resize({ image: layer, size: 32 * mib }, {}));
      expect(failure).toMatchObject({
        code: 'wrong-state',
        message: expect.stringMatching(/belongs to snapshot “(clean|tuned)”/),
      });
    }
    const shrunk = image.resize({ image: 'web:disk0', size: 8 * mib, shrink: true }, {});
    expect(await getFailure(shrunk)).toMatchObject({ code: 'invalid-input', hint: expect.stringContaining('inside the guest') });
  });

  test('and that is something a restore would lose', async () => {
    const { machine, image, core, readSize } = useImages();
    await machine.create({ name: 'web', ...withDisk }, {});
    const { snapshot } = core.handlers;
    await snapshot.create({ machine: 'web', name: 'small' }, {});
    expect(await snapshot.list({ machine: 'web' }, {})).toMatchObject({ isPresentChanged: false });
    await image.resize({ image: 'web:disk0', size: 9 * mib }, {});
    expect(await snapshot.list({ machine: 'web' }, {})).toMatchObject({ isPresentChanged: true });
    expect(await getFailure(snapshot.restore({ machine: 'web', snapshot: 'small' }, {}))).toMatchObject({ code: 'wrong-state' });
    expect(await readSize('web:disk0')).toBe(9 * mib);
  });

  test('but not while it is suspended', async () => {
    const { machine, image, folder, readSize } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    editDefinition(folder, id, ({ timeline }) => ({ timeline: { ...timeline, memory: 'suspended-aaaaaaaa' } }));
    const failure = await getFailure(image.resize({ image: 'web:disk0', size: 16 * mib }, {}));
    expect(failure).toMatchObject({ code: 'wrong-state', message: expect.stringContaining('suspended') });
    expect(await readSize('web:disk0')).toBe(8 * mib);
  });

  test('with its space reserved, if that is there', async () => {
    const { machine, image } = useImages();
    await machine.create({ name: 'web', ...withDisk }, {});
    await image.resize({ image: 'web:disk0', size: 24 * mib, preallocate: true }, {});
    expect((await image.info({ image: 'web:disk0' }, {})).actualSize).toBeGreaterThan(16 * mib);
    const failure = await getFailure(image.resize({ image: 'web:disk0', size: 60 * 1024 ** 4, preallocate: true }, {}));
    expect(failure).toMatchObject({ code: 'not-enough-space', hint: expect.any(String) });
  });
});

describe('an image of no machine', () => {
  test.each(['qcow2', 'raw'])('of format %s grows, and shrinks when that is allowed', async (format) => {
    const { image, scratch, readSize } = useImages();
    const path = join(scratch, `disk.${format}`);
    qemuImg('create', '-q', '-f', format, path, '4M');
    await image.resize({ image: path, size: 8 * mib }, {});
    expect(await readSize(path)).toBe(8 * mib);
    const failure = await getFailure(image.resize({ image: path, size: 2 * mib }, {}));
    expect(failure).toMatchObject({ code: 'invalid-input', hint: expect.stringContaining('--shrink') });
    await image.resize({ image: path, size: 2 * mib, shrink: true }, {});
    expect(await readSize(path)).toBe(2 * mib);
  });

  test('is refused when it cannot be, or others build on it', async () => {
    const { image, scratch, folder, machine } = useImages();
    for (const format of ['vmdk', 'vdi', 'vhdx', 'vpc']) {
      const path = join(scratch, `disk.${format}`);
      qemuImg('create', '-q', '-f', format, path, '4M');
      const failure = await getFailure(image.resize({ image: path, size: 8 * mib }, {}));
      expect(failure, format).toMatchObject({ code: 'invalid-input', hint: expect.stringContaining('Convert') });
    }
    const raw = writeRawImage(join(scratch, 'x.raw'));
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 60]) {
      expect(await getFailure(image.resize({ image: raw, size }, {})), String(size)).toMatchObject({ code: 'invalid-input' });
    }
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    layerDisk(folder, id);
    await machine.delete({ machine: id, keepDisks: true }, {});
    const kept = join(folder, 'kept', `web-${id}`);
    expect(await getFailure(image.resize({ image: join(kept, 'disk0.qcow2'), size: 32 * mib }, {}))).toMatchObject({
      code: 'wrong-state',
    });
    await image.resize({ image: join(kept, 'disk0-cccccccc.qcow2'), size: 32 * mib }, {});
  });

  test('that another program writes to is left alone', async () => {
    const { image, scratch, machine } = useImages();
    const path = join(scratch, 'disk.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', path, '4M');
    await machine.create({ name: 'user', ...tinyMachine, extraArguments: ['-drive', `file=${path},format=qcow2,if=virtio`] }, {});
    await machine.start({ machine: 'user' }, {});
    for (const work of [
      () => image.resize({ image: path, size: 8 * mib }, {}),
      () => image.compact({ image: path }, {}),
      () => image.convert({ image: path, to: join(scratch, 'copy.raw') }, {}),
    ]) {
      expect(await getFailure(work())).toMatchObject({
        code: 'wrong-state',
        message: expect.stringContaining('another program'),
      });
    }
    expect(await image.info({ image: path }, {})).toMatchObject({ virtualSize: 4 * mib });
    createOverlay(join(scratch, 'top.qcow2'), path);
    expect(await getFailure(image.resize({ image: join(scratch, 'top.qcow2'), size: 8 * mib }, {}))).toMatchObject({
      code: 'image-unsafe',
    });
  });
});
