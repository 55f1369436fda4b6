import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../../contract/image.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { createOverlay, editDefinition, layerDisk } from '../../kit/layers.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 8 * mib };

function useImages() {
  const made = useCore();
  const image = made.core.handlers.image;
  const list = async (): Promise<readonly Image[]> => (await image.list({}, {})).images;
  /** What the list tells of a file, by the end of its path. */
  const find = async (ending: string): Promise<Image> => {
    const found = (await list()).filter(({ file }) => file.endsWith(ending));
    expect(found, ending).toHaveLength(1);
    return found[0] as Image;
  };
  return { ...made, image, list, find };
}

describe('image list', () => {
  test('tells of every image what it is for and who uses it', async () => {
    const { machine, folder, list, find, image } = useImages();
    expect(await list()).toEqual([]);
    const web = await machine.create({ name: 'web', ...withDisk, extraDisks: [mib] }, {});
    const { first, second, present } = layerDisk(folder, web.id);
    const owner = { id: web.id, name: 'web' };
    const base = { format: 'qcow2', virtualSize: 8 * mib, machine: owner, device: 'disk0', usedBy: [owner], problem: null };
    expect(await find(present)).toEqual({
      ...{ ...base, file: present, role: 'present', snapshots: [], backingFile: second },
      actualSize: expect.any(Number),
    });
    expect(await find(second)).toMatchObject({
      ...{ ...base, role: 'snapshot', backingFile: first, snapshots: [{ id: 'second00', name: 'tuned' }] },
    });
    expect(await find(first)).toMatchObject({ ...base, role: 'snapshot', backingFile: null });
    expect(await find('disk1.qcow2')).toMatchObject({ role: 'present', device: 'disk1', virtualSize: mib });

    // A clone on the older snapshot, which is then deleted: its layer stays for the others.
    const clone = await machine.create({ name: 'clone', ...withDisk }, {});
    createOverlay(join(folder, 'machines', clone.id, 'disks/disk0.qcow2'), first);
    editDefinition(folder, web.id, ({ timeline }) => ({
      timeline: { ...timeline, snapshots: timeline.snapshots.slice(1).map((one) => ({ ...one, parent: null })) },
    }));
    expect(await find(first)).toMatchObject({ role: 'shared', snapshots: [], machine: owner });
    expect((await find(first)).usedBy.map(({ name }) => name).toSorted()).toEqual(['clone', 'web']);
    expect(await find(`${clone.id}/disks/disk0.qcow2`)).toMatchObject({ role: 'present', backingFile: first });
    expect(await image.info({ image: 'clone:disk0' }, {})).toMatchObject({
      chain: [{ file: expect.stringContaining(clone.id) }, { file: first, virtualSize: 8 * mib, problem: null }],
    });
    expect((await image.info({ image: first }, {})).dependents).toHaveLength(2);
  });

  test('knows orphans and what was kept of deleted machines', async () => {
    const { machine, folder, find } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const disks = join(folder, 'machines', id, 'disks');
    createOverlay(join(disks, 'left.qcow2'), join(disks, 'disk0.qcow2'));
    writeRawImage(join(disks, 'old.raw'));
    expect(await find('left.qcow2')).toMatchObject({ role: 'orphan', machine: { id }, usedBy: [] });
    expect(await find('old.raw')).toMatchObject({ role: 'orphan', format: 'raw', virtualSize: mib });
    expect(await find('disk0.qcow2')).toMatchObject({ role: 'present' });
    await machine.delete({ machine: id, keepDisks: true }, {});
    for (const name of ['left.qcow2', 'old.raw', 'disk0.qcow2']) {
      expect(await find(name)).toMatchObject({ role: 'kept', machine: null, usedBy: [], problem: null });
    }
  });

  test('lists bad files with what is wrong, and the rest as ever', async () => {
    const { machine, folder, list, find, image } = useImages();
    const good = await machine.create({ name: 'good', ...withDisk }, {});
    const bad = await machine.create({ name: 'bad', ...withDisk, extraDisks: [mib, mib, mib] }, {});
    const disks = join(folder, 'machines', bad.id, 'disks');
    rmSync(join(disks, 'disk0.qcow2'));
    writeFileSync(join(disks, 'disk1.qcow2'), 'no image');
    rmSync(join(disks, 'disk2.qcow2'));
    execFileSync('mkfifo', [join(disks, 'disk2.qcow2')]);
    const corrupt = readFileSync(join(disks, 'disk3.qcow2'));
    corrupt.writeUInt32BE(2, 76);
    writeFileSync(join(disks, 'disk3.qcow2'), corrupt);
    symlinkSync('nowhere', join(disks, 'link.qcow2'));
    mkdirSync(join(disks, 'folder'));
    createOverlay(join(disks, 'on-bad.qcow2'), join(folder, 'machines', good.id, 'disks/disk0.qcow2'));
    execFileSync('qemu-img', ['rebase', '-u', '-f', 'qcow2', '-b', 'disk0.qcow2', '-F', 'qcow2', join(disks, 'on-bad.qcow2')]);
    const machines = join(folder, 'machines/');
    const problems = Object.fromEntries((await list()).map(({ file, problem }) => [file.replace(machines, ''), problem]));
    expect(problems).toEqual({
      [`${good.id}/disks/disk0.qcow2`]: null,
      [`${bad.id}/disks/disk0.qcow2`]: 'it is missing',
      [`${bad.id}/disks/disk1.qcow2`]: 'it is not a qcow2 image',
      [`${bad.id}/disks/disk2.qcow2`]: 'it is not a file',
      [`${bad.id}/disks/disk3.qcow2`]: 'it is marked as corrupt',
      [`${bad.id}/disks/link.qcow2`]: 'it is missing',
      [`${bad.id}/disks/on-bad.qcow2`]: expect.stringMatching(
        /^what it builds on, .*disk0.qcow2, cannot be used: it is missing$/,
      ),
    });
    expect(await machine.disks({ machine: 'bad' }, {})).toMatchObject([{ problem: 'it is missing' }, {}, {}, {}]);
    expect(await image.info({ image: 'bad:disk1' }, {})).toMatchObject({ problem: 'it is not a qcow2 image' });

    // Of a machine whose definition is lost nobody can say what it needs.
    writeFileSync(join(folder, 'machines', good.id, 'machine.json'), 'lost');
    expect(await find(`${good.id}/disks/disk0.qcow2`)).toMatchObject({ role: 'unknown', machine: { id: good.id } });
    expect(await getFailure(image.delete({ image: join(folder, 'machines', good.id, 'disks/disk0.qcow2') }, {}))).toMatchObject({
      code: 'wrong-state',
    });
  });

  test('reads little of many machines', async () => {
    const { machine, folder, list } = useImages();
    const { id } = await machine.create({ name: 'seed', ...withDisk }, {});
    const seed = JSON.parse(readFileSync(join(folder, 'machines', id, 'machine.json'), 'utf8')) as object;
    for (let number = 0; number < 500; number += 1) {
      const copy = `copy${String(number).padStart(8, '0')}`;
      mkdirSync(join(folder, 'machines', copy, 'disks'), { recursive: true });
      writeFileSync(join(folder, 'machines', copy, 'machine.json'), JSON.stringify({ ...seed, id: copy, name: copy }));
      copyFileSync(join(folder, 'machines', id, 'disks/disk0.qcow2'), join(folder, 'machines', copy, 'disks/disk0.qcow2'));
    }
    await list();
    const before = performance.now();
    expect(await list()).toHaveLength(501);
    // Measured: some 60 ms; this is for a host that does much else.
    expect(performance.now() - before).toBeLessThan(3000);
  });
});

describe('an image is named', () => {
  test('by its path, over links too, or by its machine and disk', async () => {
    const { machine, folder, scratch, image } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const disk = join(folder, 'machines', id, 'disks/disk0.qcow2');
    symlinkSync(disk, join(scratch, 'link'));
    symlinkSync(folder, join(scratch, 'home'));
    for (const name of [
      disk,
      'web:disk0',
      `${id}:disk0`,
      `${id.slice(0, 6)}:disk0`,
      join(scratch, 'link'),
      join(scratch, 'home/machines', id, 'disks/../disks/disk0.qcow2'),
    ]) {
      expect(await image.info({ image: name }, {}), name).toMatchObject({ file: disk, machine: { id } });
    }
    // A disk that was moved to a larger file system and linked back is still the machine's.
    const moved = join(scratch, 'moved.qcow2');
    renameSync(disk, moved);
    symlinkSync(moved, disk);
    expect(await image.info({ image: moved }, {})).toMatchObject({ file: disk, machine: { id } });
    expect(await image.info({ image: disk }, {})).toMatchObject({ file: disk, virtualSize: 8 * mib });
  });

  test.each([
    ['web:disk7', 'not-found'],
    ['nobody:disk0', 'not-found'],
    ['disk0', 'invalid-input'],
    ['relative/path', 'invalid-input'],
    ['', 'invalid-input'],
    ['/no\0where', 'invalid-input'],
    ['/no/where', 'file-not-found'],
    ['/', 'file-unreadable'],
    ['/dev/null', 'file-unreadable'],
  ])('but not by %j', async (name, code) => {
    const { machine, image } = useImages();
    await machine.create({ name: 'web', ...tinyMachine }, {});
    expect(await getFailure(image.info({ image: name }, {}))).toMatchObject({ code, hint: expect.any(String) });
  });

  test('and other files of a machine are none', async () => {
    const { machine, folder, image } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    for (const name of ['machine.json', 'disks', 'logs/qemu.log', 'disks/none.qcow2']) {
      const code = name === 'disks/none.qcow2' ? 'file-not-found' : 'invalid-input';
      expect(await getFailure(image.info({ image: join(folder, 'machines', id, name) }, {})), name).toMatchObject({ code });
    }
    expect(await getFailure(image.info({ image: join(folder, 'machines/.lock-key') }, {}))).toMatchObject({
      code: 'invalid-input',
    });
  });

  test('and what it names itself is shown with a warning and not opened', async () => {
    const { image, scratch } = useImages();
    const path = join(scratch, 'x.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw', path, '1M');
    expect(await image.info({ image: path }, {})).toMatchObject({
      ...{ role: 'outside', virtualSize: mib, backingFile: '/etc/passwd', warning: expect.stringContaining('/etc/passwd') },
      chain: [{ file: path }],
    });
    qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', join(scratch, 'x.vmdk'), '1M');
    expect(await image.info({ image: join(scratch, 'x.vmdk') }, {})).toMatchObject({
      ...{ virtualSize: null, warning: expect.stringContaining('other files') },
    });
  });
});
