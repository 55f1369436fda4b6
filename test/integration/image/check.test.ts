import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { createOverlay, layerDisk, qemuIo } from '../../kit/layers.ts';
import { failBothy, runBothy } from '../../kit/run-bothy.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 64 * mib };

function useImages() {
  const made = useCore();
  return { ...made, image: made.core.handlers.image };
}

/** Changes numbers in a file. */
function poke(path: string, change: (read: (at: number) => bigint, write: (at: number, bytes: Buffer) => void) => void): void {
  const file = openSync(path, 'r+');
  try {
    const read = (at: number): bigint => {
      const buffer = Buffer.alloc(8);
      readSync(file, buffer, 0, 8, at);
      return buffer.readBigUInt64BE();
    };
    change(read, (at, bytes) => void writeSync(file, bytes, 0, bytes.length, at));
  } finally {
    closeSync(file);
  }
}

/** Counts a cluster as used that nothing uses (docs/interop/qcow2: the refcount table is at the offset in bytes 48 to 55). */
function leak(path: string): void {
  truncateSync(path, 201 * 65_536);
  poke(path, (read, write) => write(Number(read(Number(read(48)))) + 2 * 200, Buffer.from([0, 1])));
}

/** Counts all clusters as free, and marks the image as QEMU does when it finds that. */
function corrupt(path: string): void {
  poke(path, (read, write) => {
    write(Number(read(Number(read(48)))), Buffer.alloc(64));
    write(79, Buffer.from([2]));
  });
}

describe('checking', () => {
  test('tells of an image and all it builds on', async () => {
    const { image, machine, folder } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first, second, present } = layerDisk(folder, id);
    qemuIo(first, 'qcow2', 'write -P 5 0 1M');
    leak(first);
    corrupt(second);
    const none = { corruptions: 0, leaks: 0, checkErrors: 0, reason: null, format: 'qcow2' };
    expect(await image.check({ image: 'web:disk0' }, {})).toMatchObject({
      ...{ isInUse: false, repaired: null },
      findings: [
        { ...none, file: present, status: 'clean' },
        { file: second, status: 'corrupt' },
        { ...none, file: first, status: 'leaks', leaks: 1 },
      ],
    });
  });

  test.each(['raw', 'vpc'])('of %s has nothing to look at', async (format) => {
    const { image, scratch } = useImages();
    const path = join(scratch, `x.${format === 'raw' ? 'raw' : 'vhd'}`);
    qemuImg('create', '-q', '-f', format, path, '1M');
    const { findings } = await image.check({ image: path, repair: 'all' }, {});
    expect(findings).toMatchObject([{ status: 'unchecked', reason: expect.stringContaining(format) }]);
  });

  test.each(['vmdk', 'vdi', 'vhdx'])('of %s finds it clean', async (format) => {
    const { image, scratch } = useImages();
    const path = join(scratch, `x.${format}`);
    qemuImg('create', '-q', '-f', format, path, '8M');
    expect((await image.check({ image: path }, {})).findings).toMatchObject([{ status: 'clean', format }]);
  });

  test('of an image in use tells that, and repairs nothing', async () => {
    const { image, machine, folder } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { first } = layerDisk(folder, id);
    leak(first);
    await machine.start({ machine: id }, {});
    const { isInUse, findings } = await image.check({ image: 'web:disk0' }, {});
    expect([isInUse, findings.map(({ status }) => status)]).toEqual([true, ['clean', 'clean', 'leaks']]);
    expect(await getFailure(image.check({ image: first, repair: 'leaks' }, {}))).toMatchObject({
      ...{ code: 'wrong-state', message: expect.stringContaining('running machine “web”') },
    });
  });

  test('opens nothing that an image from outside names', async () => {
    const { image, scratch } = useImages();
    const path = join(scratch, 'x.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-u', '-b', '/no/such/file', '-F', 'raw', path, '1M');
    expect((await image.check({ image: path }, {})).findings).toMatchObject([{ file: path, status: 'clean' }]);
    expect(
      await getFailure(image.check({ image: path, repair: 'leaks' }, {}).then(() => Promise.reject(new Error('checked')))),
    ).toBeDefined();
    qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', join(scratch, 'x.vmdk'), '1M');
    expect(await getFailure(image.check({ image: join(scratch, 'x.vmdk') }, {}))).toMatchObject({ code: 'image-unsafe' });
  });
});

describe('repairing', () => {
  test('leaks gives back what nothing uses', async () => {
    const { image, scratch } = useImages();
    const path = join(scratch, 'x.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', path, '8M');
    leak(path);
    expect(await image.check({ image: path, repair: 'leaks' }, {})).toMatchObject({
      ...{ findings: [{ status: 'clean', leaks: 0 }], repaired: { leaks: 1, corruptions: 0, original: null } },
    });
    expect(await image.check({ image: path, repair: 'leaks' }, {})).toMatchObject({ repaired: null });
    expect(readdirSync(scratch)).toEqual(['x.qcow2']);
  });

  test('all mends a corrupt image of a machine on a copy, and keeps the original', async () => {
    const { image, machine, folder, scratch } = useImages();
    const { id } = await machine.create({ name: 'web', ...withDisk }, {});
    const { present } = layerDisk(folder, id);
    qemuIo(present, 'qcow2', 'write -P 5 0 1M');
    const good = join(scratch, 'good.raw');
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', present, good);
    corrupt(present);
    const damaged = readFileSync(present);
    expect(await getFailure(machine.start({ machine: id }, {}))).toMatchObject({ code: 'image-invalid' });
    expect(await getFailure(image.check({ image: 'web:disk0', repair: 'leaks' }, {}))).toMatchObject({
      ...{ code: 'image-invalid', hint: expect.stringContaining('--repair all') },
    });
    expect(readFileSync(present).equals(damaged)).toBe(true);
    const { findings, repaired } = await image.check({ image: 'web:disk0', repair: 'all' }, {});
    expect(findings.map(({ status }) => status)).toEqual(['clean', 'clean', 'clean']);
    expect(repaired?.corruptions).toBeGreaterThan(0);
    expect(repaired?.original).toBe(join(folder, 'kept', `web-${id}-damaged`, 'disk0-cccccccc.damaged.qcow2'));
    expect(readFileSync(repaired?.original ?? '').equals(damaged)).toBe(true);
    expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', good, present)).toContain('identical');
    await machine.start({ machine: id }, {});
    expect((await image.list({}, {})).images.find(({ role }) => role === 'kept')).toMatchObject({ file: repaired?.original });
    await machine.kill({ machine: id }, {});
    await image.delete({ image: repaired?.original ?? '' }, {});
  });

  test('leaves alone what cannot be mended', async () => {
    const { image, scratch } = useImages();
    const path = join(scratch, 'x.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', path, '8M');
    corrupt(path);
    // The table of the first level lies beyond the end of the file.
    poke(path, (_read, write) => write(40, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])));
    const before = readFileSync(path);
    expect(await getFailure(image.check({ image: path, repair: 'all' }, {}))).toMatchObject({ hint: expect.any(String) });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(scratch)).toEqual(['x.qcow2']);
  });
});

test('the command line tells it in words and by its exit code', async () => {
  const { home, machine, folder, scratch } = useImages();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  const { first } = layerDisk(folder, id);
  expect(await runBothy(home, ['image', 'check', 'web:disk0'])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^.*: clean\n.*: clean\n.*: clean\n$/),
  });
  corrupt(first);
  expect(await runBothy(home, ['image', 'check', 'web:disk0'])).toMatchObject({
    exitCode: 1,
    stdout: expect.stringContaining('corrupt'),
  });
  expect(await runBothy(home, ['image', 'check', first, '--repair', 'all'])).toMatchObject({
    ...{ exitCode: 0, stdout: expect.stringMatching(/repaired: \d+ errors?.*\nthe damaged original is kept: .*damaged.qcow2\n/) },
  });
  const raw = writeRawImage(join(scratch, 'x.raw'));
  for (const [args, stdout] of [
    [['resize', 'web:disk0', '+1G'], 'web:disk0: 64 MiB -> 1.1 GiB\n'],
    [['resize', 'x.raw', '2M'], 'x.raw: 1 MiB -> 2 MiB\n'],
    [['resize', 'x.raw', '2M'], 'x.raw: has 2 MiB already\n'],
    [['convert', './x.raw', 'x.vdi'], `${scratch}/x.vdi: vdi, 2 MiB, `],
    [['compact', 'x.raw'], `${raw}: nothing to gain, it takes `],
    [['info', 'x.vdi'], 'Format  vdi\n'],
    [['list'], 'web      disk0  present   -'],
    [['create', 'new.qcow2', '10G'], `${scratch}/new.qcow2: qcow2, 10 GiB, `],
  ] as const) {
    expect(await runBothy(home, ['image', ...args]), args.join(' ')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(stdout),
    });
  }
  writeFileSync(join(scratch, 'web:disk0'), readFileSync(raw));
  expect(await runBothy(home, ['image', 'info', './web:disk0'])).toMatchObject({
    stdout: expect.stringContaining(`${scratch}/web:disk0`),
  });
  for (const [args, exitCode, code] of [
    [['info', 'web:disk9'], 3, 'not-found'],
    [['info', 'nothing.raw'], 1, 'file-not-found'],
    [['create', 'new.qcow2', '10G'], 1, 'file-exists'],
    [['resize', 'x.raw', '1'], 2, 'invalid-input'],
    [['delete', 'web:disk0'], 4, 'wrong-state'],
    [['convert', 'x.raw', 'y.doc'], 2, 'invalid-input'],
  ] as const) {
    expect(await failBothy(home, ['image', ...args]), args.join(' ')).toMatchObject({ exitCode, error: { code } });
  }
  execFileSync('rm', [join(scratch, 'new.qcow2')]);
  createOverlay(join(scratch, 'top.qcow2'), raw, 'raw');
  const { stderr } = await runBothy(home, ['image', 'info', 'top.qcow2']);
  expect(stderr).toContain('is not to be trusted unless you made it');
});
