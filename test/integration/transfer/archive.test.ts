import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { findObstacle } from '../../../scripts/guests/apt.ts';
import { getLinuxGuest } from '../../guests/index.ts';
import { qemuImg, writeKernel } from '../../kit/disk-images.ts';
import { hashFolder } from '../../kit/hash-folder.ts';
import { Keeper, vmBooted, vmDefined } from '../../kit/keeper.ts';
import { runBothyJson } from '../../kit/run-bothy.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;

// Built once, and then kept; that takes longer than a test may.
beforeAll(async () => {
  if (findObstacle() === undefined) await getLinuxGuest();
}, 300_000);

/** Writes a text to a disk of a machine that is off, by qemu-io. */
async function write({ machine }: CoreOfTest, name: string, disk: number, pattern: number): Promise<void> {
  const { file, format } = (await machine.disks({ machine: name }, {}))[disk] ?? { file: '', format: '' };
  execFileSync('qemu-io', ['-f', format, '-c', `write -P ${pattern} 64k 64k`, file], { stdio: 'pipe' });
}

async function read({ machine }: CoreOfTest, name: string, disk: number): Promise<number> {
  const { file, format } = (await machine.disks({ machine: name }, {}))[disk] ?? { file: '', format: '' };
  const text = execFileSync('qemu-io', ['-f', format, '-r', '-c', 'read -v 64k 16', file], { encoding: 'utf8' });
  return Number.parseInt(/^[0-9a-f]+: +([0-9a-f]{2})/m.exec(text)?.[1] ?? '', 16);
}

/** Three snapshots in two branches, and a present; each has a pattern of its own on both disks. */
async function growTree(core: CoreOfTest, name: string): Promise<void> {
  const { machine, snapshot } = { ...core.core.handlers };
  await machine.create({ name, ...tinyMachine, diskSize: 4 * mib, extraDisks: [4 * mib], tags: ['work'] }, {});
  let pattern = 1;
  const step = async (title: string): Promise<void> => {
    for (const disk of [0, 1]) await write(core, name, disk, pattern + disk * 100);
    await snapshot.create({ machine: name, name: title, note: `pattern ${pattern}` }, {});
    pattern += 1;
  };
  await step('one');
  await step('two');
  await snapshot.restore({ machine: name, snapshot: 'one', present: 'discard' }, {});
  await step('other branch');
  for (const disk of [0, 1]) await write(core, name, disk, pattern + disk * 100);
}

async function expectTree(core: CoreOfTest, name: string): Promise<void> {
  const { snapshot } = core.core.handlers;
  const { snapshots, current } = await snapshot.list({ machine: name }, {});
  expect(snapshots.map((one) => one.name)).toEqual(['one', 'two', 'other branch']);
  expect(snapshots.map((one) => one.note)).toEqual(['pattern 1', 'pattern 2', 'pattern 3']);
  expect(snapshots.map((one) => one.parent)).toEqual([null, snapshots[0]?.id, snapshots[0]?.id]);
  expect(current).toBe(snapshots[2]?.id);
  expect([await read(core, name, 0), await read(core, name, 1)]).toEqual([4, 104]);
  for (const [index, title] of ['one', 'two', 'other branch'].entries()) {
    await snapshot.restore({ machine: name, snapshot: title, present: 'discard' }, {});
    expect([await read(core, name, 0), await read(core, name, 1)]).toEqual([index + 1, index + 101]);
  }
}

function listImages(core: CoreOfTest, id: string): string[] {
  const folder = join(core.folder, 'machines', id, 'disks');
  return readdirSync(folder).map((file) => join(folder, file));
}

describe('a machine with its tree', () => {
  test('comes to another home whole, and stays who it is', async () => {
    const here = useCore();
    const there = useCore();
    await growTree(here, 'web');
    const file = join(here.scratch, 'web.bothy');
    const exported = await here.machine.export({ machine: 'web', file }, {});
    expect(exported).toEqual({ files: [file], bytes: statSync(file).size, notices: [] });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(here.scratch)).toEqual(['web.bothy']);
    const { machine, notices } = await there.machine.import({ file }, {});
    expect(notices).toEqual([]);
    expect(machine).toMatchObject({ name: 'web', state: 'off', tags: ['work'] });
    const before = (await here.machine.info({ machine: 'web' }, {})).definition;
    const after = (await there.machine.info({ machine: 'web' }, {})).definition;
    expect(after).toEqual({ ...before, id: machine.id });
    expect(after?.id).not.toBe(before?.id);
    await expectTree(there, 'web');
    await expectTree(here, 'web');
    for (const image of listImages(there, machine.id)) qemuImg('check', '-q', image);
  });

  test('comes to its own home as another machine', async () => {
    const core = useCore();
    await growTree(core, 'web');
    const file = join(core.scratch, 'web.bothy');
    await core.machine.export({ machine: 'web', file }, {});
    const first = await core.machine.import({ file }, {});
    expect(first.machine.name).toBe('web-2');
    expect(first.notices).toEqual([expect.stringMatching(/^It has a new UUID and MAC address/)]);
    const second = await core.machine.import({ file, name: 'copy' }, {});
    const all = await Promise.all(['web', 'web-2', 'copy'].map((machine) => core.machine.info({ machine }, {})));
    expect(new Set(all.map(({ definition }) => definition?.uuid)).size).toBe(3);
    expect(new Set(all.map(({ definition }) => definition?.network.mac)).size).toBe(3);
    expect(await getFailure(core.machine.import({ file, name: 'copy' }, {}))).toMatchObject({ code: 'name-taken' });
    await core.machine.delete({ machine: 'web' }, {});
    await expectTree(core, 'web-2');
    await expectTree(core, second.machine.id);
  });

  test('leaves its port forwards to the original, also where it goes back', async () => {
    const here = useCore();
    const there = useCore();
    const ports = [{ host: 22_222, guest: 22, protocol: 'tcp' as const }];
    await here.machine.create({ name: 'web', ...tinyMachine, diskSize: mib, ports }, {});
    await here.core.handlers.snapshot.create({ machine: 'web', name: 'one' }, {});
    const file = join(here.scratch, 'web.bothy');
    await here.machine.export({ machine: 'web', file }, {});
    const twin = await here.machine.import({ file }, {});
    expect(twin.notices).toContain('Its port forwards were left out: two machines cannot share them.');
    for (const [core, machine, expected] of [
      [here, 'web-2', []],
      [there, (await there.machine.import({ file }, {})).machine.name, ports],
    ] as const) {
      expect((await core.machine.info({ machine }, {})).definition?.network.ports).toEqual(expected);
      await core.core.handlers.snapshot.restore({ machine, snapshot: 'one', present: 'discard' }, {});
      expect((await core.machine.info({ machine }, {})).definition?.network.ports).toEqual(expected);
    }
  });

  test('is what a snapshot has, when that is exported', async () => {
    const core = useCore();
    await growTree(core, 'web');
    const file = join(core.scratch, 'two.bothy');
    await core.machine.export({ machine: 'web', file, snapshot: 'two' }, {});
    expect(readdirSync(core.scratch)).toEqual(['two.bothy']);
    await core.machine.import({ file, name: 'past' }, {});
    expect([await read(core, 'past', 0), await read(core, 'past', 1)]).toEqual([2, 102]);
    const { snapshots, current, isPresentChanged } = await core.core.handlers.snapshot.list({ machine: 'past' }, {});
    expect(snapshots.map(({ name }) => name)).toEqual(['one', 'two', 'other branch']);
    expect(current).toBe(snapshots[1]?.id);
    expect(isPresentChanged).toBe(false);
    expect(
      await getFailure(core.machine.export({ machine: 'web', file: `${file}2`, format: 'bothy', snapshot: 'none' }, {})),
    ).toMatchObject({
      code: 'not-found',
    });
  });

  test('takes along what a linked clone reads from others', async () => {
    const here = useCore();
    const there = useCore();
    await growTree(here, 'web');
    await here.machine.clone({ machine: 'web', name: 'clone', snapshot: 'two' }, {});
    await here.core.handlers.snapshot.create({ machine: 'clone', name: 'fresh' }, {});
    await write(here, 'clone', 0, 77);
    const file = join(here.scratch, 'clone.bothy');
    await here.machine.export({ machine: 'clone', file }, {});
    const { machine } = await there.machine.import({ file }, {});
    expect([await read(there, 'clone', 0), await read(there, 'clone', 1)]).toEqual([77, 102]);
    expect(await there.machine.relations({ machine: 'clone' }, {})).toEqual({ buildsOn: [], dependents: [] });
    for (const image of listImages(there, machine.id)) qemuImg('check', '-q', image);
    await there.core.handlers.snapshot.restore({ machine: 'clone', snapshot: 'fresh', present: 'discard' }, {});
    expect([await read(there, 'clone', 0), await read(there, 'clone', 1)]).toEqual([2, 102]);
    await there.core.handlers.snapshot.delete({ machine: 'clone', snapshot: 'fresh' }, {});
    expect([await read(there, 'clone', 0), await read(there, 'clone', 1)]).toEqual([2, 102]);
    for (const image of listImages(there, machine.id)) qemuImg('check', '-q', image);
  });
});

describe('an archive', () => {
  test('has UEFI variables and the kernel, and no medium', async () => {
    const here = useCore();
    const there = useCore();
    const kernel = writeKernel(join(here.scratch, 'vmlinuz'));
    const initrd = join(here.scratch, 'initrd');
    writeFileSync(initrd, 'an initrd');
    const iso = join(here.scratch, 'x.iso');
    qemuImg('create', '-q', '-f', 'raw', iso, '1M');
    const source = { type: 'kernel', kernel, initrd, append: 'quiet' } as const;
    const { id } = await here.machine.create(
      { name: 'k', ...tinyMachine, source, firmware: 'uefi', extraArguments: ['-snapshot'] },
      {},
    );
    const path = join(here.folder, 'machines', id, 'machine.json');
    const text = readFileSync(path, 'utf8').replace('"cdrom": null', `"cdrom": ${JSON.stringify(iso)}`);
    writeFileSync(path, text.replace('"tpm": null', '"tpm": "tpm"'));
    const tpm = (home: CoreOfTest, machine: string) => join(home.folder, 'machines', machine, 'tpm');
    mkdirSync(tpm(here, id));
    writeFileSync(join(tpm(here, id), 'tpm2-00.permall'), 'the state of a TPM');
    writeFileSync(join(tpm(here, id), '.lock'), '');
    await here.core.handlers.snapshot.create({ machine: 'k', name: 's' }, {});
    const file = join(here.scratch, 'k.bothy');
    const { notices } = await here.machine.export({ machine: 'k', file }, {});
    expect(notices).toEqual([`The CD medium is not in it: ${iso}`]);
    expect(readFileSync(file, 'latin1')).not.toContain(here.scratch);
    const imported = await there.machine.import({ file }, {});
    expect(imported.notices).toEqual([
      'The extra QEMU arguments of the machine were left out: -snapshot',
      'The extra QEMU arguments of the snapshot “s” were left out: -snapshot',
    ]);
    const folder = join(there.folder, 'machines', imported.machine.id);
    const { definition } = await there.machine.info({ machine: 'k' }, {});
    expect(definition).toMatchObject({ cdrom: null, firmware: 'uefi', extraArguments: [] });
    expect(definition?.kernel).toEqual({ kernel: `${folder}/boot/kernel-0`, initrd: `${folder}/boot/initrd-1`, append: 'quiet' });
    expect(readFileSync(definition?.kernel?.kernel ?? '')).toEqual(readFileSync(kernel));
    expect(readFileSync(join(folder, 'boot/initrd-1'), 'utf8')).toBe('an initrd');
    expect(hashFolder(tpm(there, imported.machine.id))).toEqual({ 'tpm2-00.permall': expect.any(String) });
    const variables = (home: CoreOfTest, machine: string) => readFileSync(join(home.folder, 'machines', machine, 'nvram.fd'));
    expect(variables(there, imported.machine.id)).toEqual(variables(here, id));
    await there.core.handlers.snapshot.restore({ machine: 'k', snapshot: 's', present: 'discard' }, {});
    expect((await there.machine.info({ machine: 'k' }, {})).definition?.kernel?.kernel).toBe(`${folder}/boot/kernel-0`);
  });

  test('is hardly larger than what a raw disk holds', async () => {
    const core = useCore();
    const { id } = await core.machine.create({ name: 'raw', ...tinyMachine, diskSize: 4 * mib }, {});
    const folder = join(core.folder, 'machines', id);
    qemuImg('create', '-q', '-f', 'raw', join(folder, 'disks/disk0.raw'), '20G');
    const path = join(folder, 'machine.json');
    const definition = JSON.parse(readFileSync(path, 'utf8'));
    definition.disks[0] = { ...definition.disks[0], file: 'disks/disk0.raw', format: 'raw' };
    writeFileSync(path, JSON.stringify(definition));
    await write(core, 'raw', 0, 42);
    const file = join(core.scratch, 'raw.bothy');
    const { bytes } = await core.machine.export({ machine: 'raw', file }, {});
    expect(bytes).toBeLessThan(mib);
    const { machine } = await core.machine.import({ file }, {});
    expect(await core.machine.disks({ machine: machine.id }, {})).toMatchObject([{ format: 'raw', virtualSize: 20 * 1024 ** 3 }]);
    expect(await read(core, machine.id, 0)).toBe(42);
    const disk = statSync(join(core.folder, 'machines', machine.id, 'disks/disk0.raw'));
    expect(disk.blocks * 512).toBeLessThan(mib);
  });

  test('is a tar file with the manifest first and a checksum that sha256sum finds too', async () => {
    const core = useCore();
    await growTree(core, 'web');
    const file = join(core.scratch, 'web.bothy');
    await core.machine.export({ machine: 'web', file }, {});
    const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(names[0]).toBe('manifest.json');
    expect(names.at(-1)).toBe('sha256');
    const out = join(core.scratch, 'out');
    mkdirSync(out);
    execFileSync('tar', ['-xf', file, '-C', out]);
    const end = statSync(file).size - 1024 - 512 - 512;
    const digest = execFileSync('sh', ['-c', `head -c ${end} '${file}' | sha256sum`], { encoding: 'utf8' }).split(' ')[0];
    expect(readFileSync(join(out, 'sha256'), 'utf8')).toBe(`${digest}\n`);
  });

  test('replaces a file only when told to, and is not written among the machines', async () => {
    const core = useCore();
    await core.machine.create({ name: 'one', ...tinyMachine }, {});
    const file = join(core.scratch, 'one.bothy');
    writeFileSync(file, 'precious');
    expect(await getFailure(core.machine.export({ machine: 'one', file }, {}))).toMatchObject({ code: 'file-exists' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await core.machine.export({ machine: 'one', file, force: true }, {});
    expect(statSync(file).size).toBeGreaterThan(2048);
    const bad = {
      [join(core.folder, 'machines', 'x.bothy')]: 'invalid-input',
      [join(core.scratch, 'none', 'x.bothy')]: 'file-not-found',
      [join(core.scratch, 'x.zip')]: 'invalid-input',
      'x.bothy': 'invalid-input',
      [core.scratch]: 'invalid-input',
    };
    for (const [path, code] of Object.entries(bad)) {
      expect(await getFailure(core.machine.export({ machine: 'one', file: path, force: true }, {})), path).toMatchObject({
        code,
      });
    }
    expect(readdirSync(core.scratch)).toEqual(['one.bothy']);
  });

  test('can be cancelled both ways and leaves nothing', async () => {
    const core = useCore();
    const { id } = await core.machine.create({ name: 'one', ...tinyMachine, diskSize: 64 * mib }, {});
    const disk = join(core.folder, 'machines', id, 'disks/disk0.qcow2');
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 1 0 48M', disk], { stdio: 'pipe' });
    const file = join(core.scratch, 'one.bothy');
    const cancelAt = (step: string) => {
      const controller = new AbortController();
      const progress = (fraction: number | null, now: string) => {
        if (now === step && fraction !== null && fraction > 0) controller.abort();
      };
      return { signal: controller.signal, progress };
    };
    const exporting = core.machine.export({ machine: 'one', file }, cancelAt('Packing'));
    expect(await getFailure(exporting)).toMatchObject({ code: 'cancelled' });
    expect(readdirSync(core.scratch)).toEqual([]);
    await core.machine.export({ machine: 'one', file }, {});
    expect(await getFailure(core.machine.import({ file }, cancelAt('Unpacking')))).toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(core.folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([id]);
  });
});

describe('a machine that is on', () => {
  test('is exported only as a snapshot has it, and comes back where it was', async () => {
    const here = useCore();
    const there = useCore();
    const keeper = await vmBooted(here.core, here.scratch, 'keep', { guest: 'tiny', disks: 2 });
    await keeper.put('early');
    const file = join(here.scratch, 'keep.bothy');
    expect(await getFailure(here.machine.export({ machine: 'keep', file }, {}))).toMatchObject({
      code: 'wrong-state',
      hint: expect.stringContaining('--snapshot'),
    });
    expect(existsSync(file)).toBe(false);
    await here.core.handlers.snapshot.create({ machine: 'keep', name: 'early' }, {});
    await keeper.put('late');
    await here.machine.export({ machine: 'keep', file, snapshot: 'early' }, {});
    expect(await keeper.get()).toMatchObject({ memory: 'late' });
    const { machine } = await there.machine.import({ file }, {});
    expect(machine.state).toBe('suspended');
    await there.machine.start({ machine: 'keep' }, {});
    expect(await new Keeper(there.core, 'keep', 'tiny').get()).toEqual({ memory: 'early', disks: ['early', 'early'] });
  });

  test('is exported suspended, with the memory of all its snapshots', async () => {
    const here = useCore();
    const there = useCore();
    const keeper = await vmBooted(here.core, here.scratch, 'keep', { guest: 'tiny', disks: 1 });
    await keeper.put('one');
    await here.core.handlers.snapshot.create({ machine: 'keep', name: 'first' }, {});
    await keeper.put('two');
    await here.machine.suspend({ machine: 'keep' }, {});
    const file = join(here.scratch, 'keep.bothy');
    await here.machine.export({ machine: 'keep', file }, {});
    for (const home of [there, here]) {
      const { machine } = await home.machine.import({ file, name: 'moved' }, {});
      expect(machine.state).toBe('suspended');
      const moved = new Keeper(home.core, 'moved', 'tiny');
      await home.machine.start({ machine: 'moved' }, {});
      expect(await moved.get()).toEqual({ memory: 'two', disks: ['two'] });
      await home.core.handlers.snapshot.restore({ machine: 'moved', snapshot: 'first', present: 'discard' }, {});
      expect(await moved.get()).toEqual({ memory: 'one', disks: ['one'] });
    }
  });
});

test('a machine starts only when it is exported', async () => {
  const core = useCore();
  await vmDefined(core.core, core.scratch, 'one', { guest: 'tiny', disks: 1 });
  const { file: disk = '' } = (await core.machine.disks({ machine: 'one' }, {}))[0] ?? {};
  qemuImg('resize', '-q', '-f', 'qcow2', disk, '128M');
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 1 8M 100M', disk], { stdio: 'pipe' });
  const order: string[] = [];
  let started: Promise<unknown> | undefined;
  const progress = (_fraction: number | null, step: string) => {
    if (step === 'Packing') started ??= core.machine.start({ machine: 'one' }, {}).then(() => order.push('started'));
  };
  await core.machine.export({ machine: 'one', file: join(core.scratch, 'one.bothy') }, { progress });
  order.push('exported');
  await started;
  expect(order).toEqual(['exported', 'started']);
});

test('Linux over UEFI moves with its memory, by the command line', async (context) => {
  skipWithoutGuests(context);
  const here = useCore();
  const there = useCore();
  const keeper = await vmBooted(here.core, here.scratch, 'lin', { guest: 'linux', disks: 2, firmware: 'uefi' });
  await keeper.put('early');
  await here.core.handlers.snapshot.create({ machine: 'lin', name: 'running' }, {});
  await keeper.put('late');
  await here.machine.suspend({ machine: 'lin' }, {});
  const file = join(here.scratch, 'lin.bothy');
  await runBothyJson(here.home, ['export', 'lin', file]);
  expect(await runBothyJson(there.home, ['import', file, '--start'])).toMatchObject({
    machine: { state: 'running' },
    notices: [],
  });
  const moved = new Keeper(there.core, 'lin', 'linux');
  expect(await moved.get()).toMatchObject({ memory: 'late', disks: ['late', 'late'] });
  await there.core.handlers.snapshot.restore({ machine: 'lin', snapshot: 'running', present: 'discard' }, {});
  expect(await moved.get()).toMatchObject({ memory: 'early', disks: ['early', 'early'] });
});
