import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CreateInput } from '../../../contract/machine.ts';
import { checkReadableFile } from '../../../core/machine/preflight.ts';
import { writeOvfFolder } from '../../kit/appliance.ts';
import { qemuImg, writeIsoImage, writeRawImage } from '../../kit/disk-images.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const isRoot = process.getuid?.() === 0;

async function expectRefused(site: CoreOfTest, input: Partial<CreateInput>, expected: object): Promise<void> {
  const failure = await getFailure(site.machine.create({ name: 'one', ...tinyMachine, ...input }, {}));
  expect(failure).toMatchObject({ message: expect.any(String), hint: expect.any(String), ...expected });
  expect(readdirSync(join(site.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
}

describe('a source that will not do is refused by name:', () => {
  const iso = (path: string) => ({ source: { type: 'iso', path } }) as const;
  const image = (path: string) => ({ source: { type: 'image', path } }) as const;

  test('missing, a folder, a device, a pipe, a strange path', async () => {
    const site = useCore();
    const pipe = join(site.scratch, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const make of [iso, image]) {
      await expectRefused(site, make('/no/such/file'), {
        code: 'file-not-found',
        message: expect.stringContaining('/no/such/file'),
      });
      await expectRefused(site, make(site.scratch), { code: 'file-unreadable', message: expect.stringContaining('folder') });
      for (const path of ['/dev/zero', pipe]) await expectRefused(site, make(path), { code: 'file-unreadable' });
      for (const path of ['', 'relative.iso', '../x', '-f', 'json:{}', '/a\0b'])
        await expectRefused(site, make(path), { code: 'invalid-input' });
      await expectRefused(site, make(`/tmp/${'x'.repeat(300)}`), { code: 'file-unreadable' });
    }
  });

  test('not an image', async () => {
    const site = useCore();
    const text = join(site.scratch, 'letter.txt');
    writeFileSync(text, 'Dear reader,\n'.repeat(5000));
    const empty = join(site.scratch, 'empty');
    writeFileSync(empty, '');
    for (const make of [iso, image])
      for (const path of [text, empty])
        await expectRefused(site, make(path), { code: 'image-invalid', message: expect.stringContaining(path) });
    await expectRefused(site, iso(writeRawImage(join(site.scratch, 'disk'))), { code: 'image-invalid' });
  });

  test('an image cut short', async () => {
    const site = useCore();
    const path = join(site.scratch, 'cut.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', path, '1M');
    truncateSync(path, 60);
    await expectRefused(site, image(path), { code: 'image-invalid' });
  });

  test('not readable', (context) => {
    if (!isRoot) context.skip('needs root, to become another user');
    const { scratch } = useTestHome();
    const path = writeIsoImage(join(scratch, 'x.iso'));
    chmodSync(path, 0);
    const closed = join(scratch, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const inside = writeIsoImage(join(closed, 'x.iso'));
    process.seteuid?.(65534);
    try {
      for (const each of [path, inside])
        expect(() => checkReadableFile(each, 'The ISO image')).toThrow(expect.objectContaining({ code: 'file-unreadable' }));
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('a wish that cannot be is refused:', () => {
  test('names', async () => {
    const site = useCore();
    for (const name of [
      '',
      'x'.repeat(300),
      'a/b',
      '..',
      '.',
      '../x',
      'two words',
      '🐧',
      'a\u0007b',
      'a\nb',
      '-f',
      'naïve',
      'a\0b',
    ])
      await expectRefused(site, { name }, { code: 'invalid-input' });
    await site.machine.create({ name: 'taken', ...tinyMachine }, {});
    const again = await getFailure(site.machine.create({ name: 'taken', ...tinyMachine }, {}));
    expect(again).toMatchObject({ code: 'name-taken', message: expect.stringContaining('taken') });
    expect(await site.machine.list({}, {})).toHaveLength(1);
  });

  test('numbers', async () => {
    const site = useCore();
    for (const cpus of [0, -1, 10_000, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      await expectRefused(site, { cpus }, { code: 'invalid-input' });
    for (const memoryMiB of [0, -5, 8, 100.5, Number.NaN]) await expectRefused(site, { memoryMiB }, { code: 'invalid-input' });
    const tooMuch = Math.ceil(totalmem() / 1024 ** 2) + 1;
    await expectRefused(
      site,
      { memoryMiB: tooMuch },
      { code: 'not-enough-memory', message: expect.stringContaining(String(tooMuch)) },
    );
    for (const diskSize of [-1, 0.5, Number.NaN, 1e30]) await expectRefused(site, { diskSize }, { code: 'invalid-input' });
    for (const size of [-1, 0, 0.5, 1e30])
      await expectRefused(site, { extraDisks: [1024 ** 2, size] }, { code: 'invalid-input' });
    const tooMany = { diskSize: 1024 ** 2, extraDisks: Array.from({ length: 8 }, () => 1024 ** 2) };
    await expectRefused(site, tooMany, { code: 'invalid-input', message: '9 disks are more than a machine can have.' });
    const port = { host: 40_000, guest: 22, protocol: 'tcp' } as const;
    await expectRefused(site, { ports: [port, port] }, { code: 'invalid-input' });
  });
});

describe('the host lacks', () => {
  test('room on the disk: nothing is left, and other machines are as before', async (context) => {
    if (!isRoot) context.skip('needs root, to mount a small file system');
    const home = useTestHome();
    const small = join(home.scratch, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', small], { stdio: 'pipe' });
    } catch {
      context.skip('may not mount a file system');
    }
    onTestFinished(() => {
      execFileSync('umount', [small]);
    });
    const site = { ...useCore({ BOTHY_HOME: small }, home), folder: small };
    await site.machine.create({ name: 'before', ...tinyMachine }, {});
    const path = writeRawImage(join(home.scratch, 'disk.raw'), 8 * 1024 ** 2);
    const failure = await getFailure(
      site.machine.create(
        { name: 'one', ...tinyMachine, diskSize: undefined, source: { type: 'image', path } } as CreateInput,
        {},
      ),
    );
    expect(failure).toMatchObject({ code: 'not-enough-space', hint: expect.stringContaining('room') });
    // It is told while there is still room for others.
    writeFileSync(path, randomBytes(8 * 1024 ** 2));
    const disk = { name: 'disk.gz', raw: path, capacity: 8 * 1024 ** 2, isGzip: true };
    const ovf = writeOvfFolder(join(home.scratch, 'packed'), { name: 'packed', disks: [disk] });
    expect(await getFailure(site.machine.import({ file: ovf }, {}))).toMatchObject({
      code: 'not-enough-space',
      message: expect.stringContaining('Unpacking'),
    });
    // More than is looked for beforehand: it grows while it is unpacked.
    const packed = join(home.scratch, 'packed.qcow2');
    writeFileSync(path, Buffer.from(Array.from({ length: 8 * 1024 ** 2 }, (_, index) => (index >> 12) & 255)));
    qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', path, packed);
    const grown = await getFailure(
      site.machine.create(
        { name: 'one', ...tinyMachine, diskSize: undefined, source: { type: 'image', path: packed } } as CreateInput,
        {},
      ),
    );
    expect(grown).toMatchObject({ code: 'not-enough-space' });
    writeFileSync(join(small, 'fill'), '');
    try {
      writeFileSync(join(small, 'fill'), Buffer.alloc(4 * 1024 ** 2));
    } catch {
      // Full, as wished.
    }
    expect(await getFailure(site.machine.create({ name: 'two', ...tinyMachine }, {}))).toMatchObject({
      code: 'not-enough-space',
    });
    expect(await getFailure(site.machine.set({ machine: 'before', settings: { cpus: 2 } }, {}))).toMatchObject({
      code: 'not-enough-space',
    });
    expect(await getFailure(site.machine.start({ machine: 'before' }, {}))).toMatchObject({ code: 'not-enough-space' });
    expect(await site.machine.list({}, {})).toMatchObject([{ name: 'before', state: 'off', cpus: 1 }]);
    expect(readdirSync(join(small, 'machines')).filter((name) => name.startsWith('.') && name !== '.lock-key')).toEqual([]);
  });

  test('a short enough path for the sockets', async () => {
    const home = useTestHome();
    const long = join(home.scratch, 'x'.repeat(90));
    mkdirSync(long);
    const { machine } = useCore({ BOTHY_HOME: long }, home);
    expect(await getFailure(machine.create({ name: 'one', ...tinyMachine }, {}))).toMatchObject({
      code: 'path-too-long',
      message: expect.stringContaining('107'),
      hint: expect.stringContaining('BOTHY_HOME'),
    });
    expect(await machine.list({}, {})).toEqual([]);
  });

  test('QEMU, a new enough one, or one that survives its start', async () => {
    const home = useTestHome();
    const bin = (name: string) => join(import.meta.dirname, '../../fixtures/bin', name, 'qemu-system-x86_64');
    const create = (environment: Record<string, string>) =>
      useCore(environment, home).machine.create({ name: 'one', ...tinyMachine }, {});
    expect(await getFailure(create({ BOTHY_QEMU: '/no/qemu' }))).toMatchObject({
      code: 'qemu-missing',
      hint: expect.any(String),
    });
    expect(await getFailure(create({ PATH: home.scratch, BOTHY_QEMU: '', BOTHY_QEMU_IMG: '' }))).toMatchObject({
      code: 'qemu-missing',
      hint: expect.any(String),
    });
    expect(await getFailure(create({ BOTHY_QEMU: bin('qemu-is-old') }))).toMatchObject({
      code: 'qemu-too-old',
      message: expect.stringContaining('4.2.1'),
    });
    const killed = { BOTHY_QEMU: bin('qemu-is-killed') };
    await create(killed);
    const { machine } = useCore(killed, home);
    expect(await getFailure(machine.start({ machine: 'one' }, {}))).toMatchObject({
      code: 'qemu-killed',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(await machine.list({}, {})).toMatchObject([{ state: 'off' }]);
    expect(await useCore({}, home).machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  });
});

describe('creating', () => {
  test('two machines of one name at once makes one', async () => {
    const { machine, folder } = useCore();
    const wish = { name: 'one', ...tinyMachine, diskSize: 1024 ** 2 };
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => machine.create(wish, {})));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'name-taken' });
    expect(readdirSync(join(folder, 'machines')).filter((name) => name !== '.lock-key')).toHaveLength(1);
  });

  test('that is cancelled while it copies a large image leaves nothing', async () => {
    const { core, machine, folder, scratch } = useCore();
    const path = writeRawImage(join(scratch, 'large.raw'), 1024 ** 2);
    truncateSync(path, 400 * 1024 ** 2);
    execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', 'count=300', 'seek=1', 'conv=notrunc'], { stdio: 'ignore' });
    const { diskSize: _none, ...tiny } = tinyMachine;
    const end = new AbortController();
    const steps: string[] = [];
    const progress = (fraction: number | null, step: string): void => {
      steps.push(step);
      if (fraction !== null && step.startsWith('Copying')) end.abort();
    };
    const work = machine.create({ name: 'one', ...tiny, source: { type: 'image', path } }, { signal: end.signal, progress });
    expect(await getFailure(work)).toMatchObject({ code: 'cancelled' });
    expect(steps).toContain('Copying the disk image');
    expect(readdirSync(join(folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
    expect(await core.handlers.task.list({}, {})).toMatchObject([{ state: 'cancelled', error: null }]);
    await machine.create({ name: 'one', ...tinyMachine }, {});
  });
});
