import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOvf } from '../../../core/transfer/parse-ovf.ts';
import { packOva, writeOvfFolder } from '../../kit/appliance.ts';
import { qemuImg } from '../../kit/disk-images.ts';
import { writeEchoGuest } from '../../kit/echo-guest.ts';
import { Keeper, vmBooted } from '../../kit/keeper.ts';
import { failBothy, runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { type CoreOfTest, getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitForText } from '../../kit/wait-until.ts';

const mib = 1024 ** 2;

function fill(path: string, pattern: number): void {
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -P ${pattern} 64k 512k`, path], { stdio: 'pipe' });
}

/** Two disks with different content on a machine with a snapshot, after which more was written. */
async function makeShop(core: CoreOfTest): Promise<string[]> {
  await core.machine.create(
    { name: 'shop', ...tinyMachine, cpus: 3, memoryMiB: 96, diskSize: 4 * mib, extraDisks: [6 * mib] },
    {},
  );
  const paths = async () => (await core.machine.disks({ machine: 'shop' }, {})).map(({ file }) => file);
  for (const [index, path] of (await paths()).entries()) fill(path, 1 + index);
  await core.core.handlers.snapshot.create({ machine: 'shop', name: 'early' }, {});
  const tops = await paths();
  for (const [index, path] of tops.entries()) fill(path, 11 + index);
  return tops;
}

/** What tar(1) unpacks. */
function untar(file: string, folder: string): string {
  mkdirSync(folder);
  execFileSync('tar', ['-xf', file, '-C', folder]);
  return folder;
}

function readVmdkType(path: string): unknown {
  return JSON.parse(qemuImg('info', '--output=json', path))['format-specific'].data['create-type'];
}

describe('an OVA', () => {
  test('holds the disks, what OVF says of the machine, and right checksums', async () => {
    const core = useCore();
    const disks = await makeShop(core);
    const file = join(core.scratch, 'shop.ova');
    const { bytes, notices } = await core.machine.export({ machine: 'shop', file }, {});
    expect(bytes).toBe(statSync(file).size);
    expect(notices).toEqual(['Its snapshots are not in it; a .bothy file has them.']);
    expect(readdirSync(core.scratch)).toEqual(['shop.ova']);
    const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual(['shop.ovf', 'shop-disk1.vmdk', 'shop-disk2.vmdk', 'shop.mf']);
    const folder = untar(file, join(core.scratch, 'out'));
    const lines = readFileSync(join(folder, 'shop.mf'), 'utf8').trim().split('\n');
    expect(lines).toEqual(
      names.slice(0, 3).map((name) => {
        const digest = createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex');
        return `SHA256(${name})= ${digest}`;
      }),
    );
    for (const [index, disk] of disks.entries()) {
      const vmdk = join(folder, `shop-disk${index + 1}.vmdk`);
      expect(qemuImg('compare', '-f', 'qcow2', '-F', 'vmdk', disk, vmdk)).toContain('identical');
      expect(readVmdkType(vmdk)).toBe('streamOptimized');
    }
    const text = readFileSync(join(folder, 'shop.ovf'), 'utf8');
    expect(text).toContain(`ovf:size="${statSync(join(folder, 'shop-disk1.vmdk')).size}"`);
    expect(parseOvf(text, 'shop.ovf')).toEqual({
      name: 'shop',
      cpus: 3,
      memoryMiB: 96,
      firmware: 'bios',
      hasNetwork: true,
      disks: [
        { file: { name: 'shop-disk1.vmdk', isGzip: false }, capacityBytes: 4 * mib, bus: 'virtio' },
        { file: { name: 'shop-disk2.vmdk', isGzip: false }, capacityBytes: 6 * mib, bus: 'virtio' },
      ],
    });
  });

  test('comes back as the same machine, from the present and from a snapshot', async () => {
    const core = useCore();
    const disks = await makeShop(core);
    const [first = '', second = ''] = disks;
    const past = disks.map((disk) => join(disk, '..', JSON.parse(qemuImg('info', '--output=json', disk))['backing-filename']));
    for (const [snapshot, images] of [
      [undefined, [first, second]],
      ['early', past],
    ] as const) {
      const file = join(core.scratch, `${snapshot ?? 'now'}.ova`);
      await core.machine.export({ machine: 'shop', file, ...(snapshot === undefined ? {} : { snapshot }) }, {});
      const { machine, notices } = await core.machine.import({ file, name: snapshot ?? 'now' }, {});
      expect(notices).toEqual([]);
      const { definition } = await core.machine.info({ machine: machine.id }, {});
      expect(definition).toMatchObject({
        cpus: 3,
        memoryMiB: 96,
        firmware: 'bios',
        network: { mode: 'user' },
        disks: [{ bus: 'virtio' }, { bus: 'virtio' }],
      });
      for (const [index, image] of images.entries()) {
        const copy = join(core.folder, 'machines', machine.id, `disks/disk${index}.qcow2`);
        expect(qemuImg('compare', '-f', 'qcow2', '-F', 'qcow2', image, copy)).toContain('identical');
      }
    }
  });

  test('tells of UEFI and Secure Boot; a machine without disks has one too', async () => {
    const core = useCore();
    for (const firmware of ['uefi', 'uefi-secure'] as const) {
      await core.machine.create({ name: firmware, ...tinyMachine, firmware, network: 'none' }, {});
      const file = join(core.scratch, `${firmware}.ova`);
      const { notices } = await core.machine.export({ machine: firmware, file }, {});
      expect(notices).toEqual(['Its UEFI variables, such as the boot order, are not in it.']);
      const text = readFileSync(join(untar(file, join(core.scratch, firmware)), `${firmware}.ovf`), 'utf8');
      expect(parseOvf(text, file)).toMatchObject({ firmware: 'uefi', hasNetwork: false, disks: [] });
      expect(text.includes('efiSecureBootEnabled')).toBe(firmware === 'uefi-secure');
    }
  });
});

describe('plain qcow2', () => {
  test('is one file for each disk that needs no other', async () => {
    const core = useCore();
    const disks = await makeShop(core);
    const file = join(core.scratch, 'shop.qcow2');
    const { files, bytes, notices } = await core.machine.export({ machine: 'shop', file }, {});
    expect(files).toEqual([file, join(core.scratch, 'shop-disk1.qcow2')]);
    expect(notices).toEqual(['Only its disks are in it.']);
    expect(bytes).toBe(files.reduce((sum, path) => sum + statSync(path).size, 0));
    expect(readdirSync(core.scratch).sort()).toEqual(['shop-disk1.qcow2', 'shop.qcow2']);
    for (const [index, disk] of disks.entries()) {
      const copy = files[index] ?? '';
      expect(qemuImg('compare', '-f', 'qcow2', '-F', 'qcow2', disk, copy)).toContain('identical');
      expect(JSON.parse(qemuImg('info', '--output=json', copy))['backing-filename']).toBeUndefined();
    }
  });

  test('is written for all disks or for none', async () => {
    const core = useCore();
    await makeShop(core);
    const second = join(core.scratch, 'shop-disk1.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', second, '1M');
    const before = readFileSync(second);
    const work = core.machine.export({ machine: 'shop', file: join(core.scratch, 'shop.qcow2') }, {});
    expect(await getFailure(work)).toMatchObject({ code: 'file-exists', message: expect.stringContaining(second) });
    expect(readdirSync(core.scratch)).toEqual(['shop-disk1.qcow2']);
    expect(readFileSync(second)).toEqual(before);
    await core.machine.create({ name: 'none', ...tinyMachine }, {});
    expect(await getFailure(core.machine.export({ machine: 'none', file: join(core.scratch, 'n.qcow2') }, {}))).toMatchObject({
      code: 'wrong-state',
    });
  });
});

test('a guest that ran here boots from its OVA', async () => {
  const here = useCore();
  const there = useCore();
  const keeper = await vmBooted(here.core, here.scratch, 'keep', { guest: 'tiny', disks: 2 });
  await keeper.put('kept');
  await here.machine.kill({ machine: 'keep' }, {});
  const file = join(here.scratch, 'keep.ova');
  await here.machine.export({ machine: 'keep', file }, {});
  await there.machine.import({ file }, {});
  const moved = new Keeper(there.core, 'keep', 'tiny');
  await moved.boot();
  expect(await moved.get()).toEqual({ memory: null, disks: ['kept', 'kept'] });
});

test('by the command line: a foreign OVA is imported and boots, is exported, and refused where it must be', async () => {
  const home = useTestHome();
  const raw = writeEchoGuest(home.scratch);
  const disk = { name: 'echo-disk1.vmdk', raw, capacity: statSync(raw).size };
  const ova = packOva(
    writeOvfFolder(join(home.scratch, 'echo'), { name: 'My echo', disks: [disk] }),
    join(home.scratch, 'echo.ova'),
  );
  const imported = await runBothy(home, ['import', ova, '--start']);
  expect(imported).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^My-echo: running/) });
  const info = (await runBothyJson(home, ['info', 'My-echo'])) as { serial: { log: string }; definition: object };
  expect(info.definition).toMatchObject({ disks: [{ bus: 'sata' }] });
  await waitForText(info.serial.log, 'ready');
  expect(await failBothy(home, ['export', 'My-echo', 'x.bothy'])).toMatchObject({ exitCode: 4, error: { code: 'wrong-state' } });
  await runBothyJson(home, ['kill', 'My-echo']);
  const exported = await runBothy(home, ['export', 'My-echo', 'x.bothy']);
  expect(exported).toMatchObject({
    exitCode: 0,
    stdout: `${join(home.scratch, 'x.bothy')}\n`,
    stderr: expect.stringContaining('written'),
  });
  expect(await failBothy(home, ['export', 'My-echo', 'x.bothy'])).toMatchObject({ exitCode: 1, error: { code: 'file-exists' } });
  expect(await failBothy(home, ['import', 'none.bothy'])).toMatchObject({ error: { code: 'file-not-found' } });
  expect(await failBothy(home, ['import', 'x.bothy', '--bus', 'sata'])).toMatchObject({
    exitCode: 2,
    error: { code: 'invalid-input' },
  });
  expect(await runBothyJson(home, ['import', 'x.bothy', '--name', 'again'])).toMatchObject({
    machine: { name: 'again', state: 'off' },
    notices: [expect.stringMatching(/new UUID/)],
  });
});
