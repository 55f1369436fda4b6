import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { unpackGzip } from '../../../core/transfer/unpack-gzip.ts';
import { buildDigestLine, packOva, type TestAppliance, writeOvfFolder } from '../../kit/appliance.ts';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { buildGpt, partitionType } from '../../kit/partition-table.ts';
import { type CoreOfTest, getFailure, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;

/** Two disks with different content, one of them packed. */
function describeShop(scratch: string): TestAppliance {
  const first = writeRawImage(join(scratch, 'first.raw'), 4 * mib, 'first');
  const second = writeRawImage(join(scratch, 'second.raw'), 6 * mib, 'second');
  return {
    name: 'shop',
    memoryMiB: 96,
    cpus: 3,
    disks: [
      { name: 'shop-disk1.vmdk', raw: first, capacity: 4 * mib },
      { name: 'shop-disk2.vmdk.gz', raw: second, capacity: 6 * mib, isGzip: true, controller: [6, 'VirtioSCSI'] },
    ],
  };
}

function create({ machine }: CoreOfTest, path: string) {
  return machine.create({ name: 'one', source: { type: 'image', path } }, {});
}

async function expectShop(core: CoreOfTest, id: string): Promise<void> {
  const { definition } = await core.machine.info({ machine: id }, {});
  expect(definition).toMatchObject({
    memoryMiB: 96,
    cpus: 3,
    firmware: 'bios',
    network: { mode: 'none' },
    disks: [{ bus: 'sata' }, { bus: 'virtio' }],
  });
  const folder = join(core.folder, 'machines', id);
  for (const [index, raw] of ['first', 'second'].entries()) {
    const disk = join(folder, `disks/disk${index}.qcow2`);
    expect(qemuImg('compare', '-f', 'raw', '-F', 'qcow2', join(core.scratch, `${raw}.raw`), disk)).toContain('identical');
  }
  expect(readdirSync(join(folder, 'disks'))).toEqual(['disk0.qcow2', 'disk1.qcow2']);
}

describe('a machine is made of', () => {
  test('an OVA', async () => {
    const core = useCore();
    const ovf = writeOvfFolder(join(core.scratch, 'shop'), describeShop(core.scratch));
    const { id } = await create(core, packOva(ovf, join(core.scratch, 'shop.ova')));
    await expectShop(core, id);
  });

  test('an OVA of another kind of tar, with folders and long names in it', async () => {
    const core = useCore();
    const { disks, ...rest } = describeShop(core.scratch);
    const long = disks.map((disk, index) => ({ ...disk, name: `${'long'.repeat(40)}-${index}` }));
    const ovf = writeOvfFolder(join(core.scratch, 'shop'), { ...rest, disks: long });
    for (const format of ['gnu', 'pax']) {
      const { id } = await create(core, packOva(ovf, join(core.scratch, `${format}.ova`), `--format=${format}`));
      await expectShop(core, id);
      await core.machine.delete({ machine: id }, {});
    }
  });

  test('an OVF with its files beside it, with checksums of the older kind or none', async () => {
    const core = useCore();
    const folder = join(core.scratch, 'shop');
    const ovf = writeOvfFolder(folder, describeShop(core.scratch), 'sha1');
    const { id } = await create(core, ovf);
    await expectShop(core, id);
    await core.machine.delete({ machine: id }, {});
    rmSync(join(folder, 'shop.mf'));
    await expectShop(core, (await create(core, ovf)).id);
  });

  test('an appliance, but as the options say', async () => {
    const core = useCore();
    const ovf = writeOvfFolder(join(core.scratch, 'shop'), describeShop(core.scratch));
    const wishes = { memoryMiB: 128, cpus: 1, bus: 'virtio', network: 'user', diskSize: 9 * mib } as const;
    await core.machine.create({ name: 'one', source: { type: 'image', path: ovf }, ...wishes, extraDisks: [mib] }, {});
    const { definition, disks } = await core.machine.info({ machine: 'one' }, {});
    expect(definition).toMatchObject({ memoryMiB: 128, cpus: 1, network: { mode: 'user' } });
    expect(definition?.disks.map(({ bus }) => bus)).toEqual(['virtio', 'virtio', 'virtio']);
    expect(disks.map(({ virtualSize }) => virtualSize)).toEqual([9 * mib, 6 * mib, mib]);
  });

  test('an appliance with a packed disk whose zeros take no room', async () => {
    const { folder, scratch } = useCore();
    const raw = join(scratch, 'holes.raw');
    writeFileSync(raw, 'begin');
    truncateSync(raw, 40 * mib);
    appendFileSync(raw, 'end');
    packWithGzip(raw, join(scratch, 'holes.gz'));
    const unpacked = join(folder, 'unpacked.raw');
    const image = { path: join(scratch, 'holes.gz'), part: null, label: 'holes.gz' };
    await unpackGzip(image, unpacked, 50 * mib, { signal: new AbortController().signal, progress: () => undefined });
    expect(readFileSync(unpacked).equals(readFileSync(raw))).toBe(true);
    expect(statSync(unpacked).blocks * 512).toBeLessThan(mib);
    rmSync(unpacked);
  });

  test('an appliance that wants more than this host has', async () => {
    const core = useCore();
    const { disks } = describeShop(core.scratch);
    const ovf = writeOvfFolder(join(core.scratch, 'big'), { name: 'big', disks, memoryMiB: 1024 ** 3 });
    await create(core, ovf);
    expect((await core.machine.info({ machine: 'one' }, {})).memoryMiB).toBeLessThanOrEqual(2048);
  });
});

describe('the firmware is', () => {
  test('what an appliance says', async () => {
    const core = useCore();
    const { disks } = describeShop(core.scratch);
    await create(core, writeOvfFolder(join(core.scratch, 'efi'), { name: 'efi', disks, firmware: 'efi' }));
    expect((await core.machine.info({ machine: 'one' }, {})).firmware).toBe('uefi');
  });

  test("what a disk's partition table says, unless the option says otherwise", async () => {
    const { machine, scratch } = useCore();
    const raw = join(scratch, 'disk.raw');
    writeFileSync(raw, buildGpt([{ type: partitionType.efi }, { type: partitionType.linux }]));
    truncateSync(raw, 8 * mib);
    for (const format of ['raw', 'qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc']) {
      const path = join(scratch, `disk.${format}`);
      if (format !== 'raw') qemuImg('convert', '-f', 'raw', '-O', format, raw, path);
      await machine.create({ name: format, source: { type: 'image', path } }, {});
      const { definition } = await machine.info({ machine: format }, {});
      const bus = ['raw', 'qcow2'].includes(format) ? 'virtio' : 'sata';
      expect(definition).toMatchObject({ firmware: 'uefi', nvram: 'nvram.fd', disks: [{ bus }] });
    }
    await machine.create({ name: 'old', source: { type: 'image', path: raw }, firmware: 'bios' }, {});
    expect((await machine.info({ machine: 'old' }, {})).firmware).toBe('bios');
  });
});

describe('an appliance is refused, and leaves nothing,', () => {
  const cases: Readonly<Record<string, [code: string, spoil: (folder: string, scratch: string) => string]>> = {
    'when a disk does not fit its checksum': [
      'archive-invalid',
      (folder) => {
        appendFileSync(join(folder, 'shop-disk1.vmdk'), 'x');
        return join(folder, 'shop.ovf');
      },
    ],
    'when its description does not': [
      'archive-invalid',
      (folder) => {
        appendFileSync(join(folder, 'shop.ovf'), ' ');
        return join(folder, 'shop.ovf');
      },
    ],
    'when its manifest leaves a disk out': [
      'archive-invalid',
      (folder) => {
        writeFileSync(join(folder, 'shop.mf'), buildDigestLine(join(folder, 'shop.ovf'), 'sha256'));
        return join(folder, 'shop.ovf');
      },
    ],
    'when a disk is missing': [
      'archive-invalid',
      (folder) => {
        rmSync(join(folder, 'shop-disk1.vmdk'));
        return join(folder, 'shop.ovf');
      },
    ],
    'when a disk is a link to another file': [
      'archive-invalid',
      (folder) => {
        rmSync(join(folder, 'shop-disk1.vmdk'));
        symlinkSync('/etc/passwd', join(folder, 'shop-disk1.vmdk'));
        return join(folder, 'shop.ovf');
      },
    ],
    'when the OVA is cut off': [
      'archive-invalid',
      (folder, scratch) => {
        const ova = packOva(join(folder, 'shop.ovf'), join(scratch, 'shop.ova'));
        truncateSync(ova, readFileSync(ova).length - 30_000);
        return ova;
      },
    ],
    'when the OVA holds a link': [
      'archive-invalid',
      (folder, scratch) => {
        symlinkSync('/etc/passwd', join(folder, 'zz'));
        return packOva(join(folder, 'shop.ovf'), join(scratch, 'shop.ova'));
      },
    ],
    'when a packed disk is larger than it says': [
      'archive-invalid',
      (folder) => {
        const ovf = join(folder, 'shop.ovf');
        rmSync(join(folder, 'shop.mf'));
        const big = join(folder, 'big');
        writeFileSync(big, '');
        truncateSync(big, 100 * mib);
        rmSync(join(folder, 'shop-disk2.vmdk.gz'));
        packWithGzip(big, join(folder, 'shop-disk2.vmdk.gz'));
        return ovf;
      },
    ],
    'when a packed disk is cut off': [
      'archive-invalid',
      (folder) => {
        rmSync(join(folder, 'shop.mf'));
        const disk = join(folder, 'shop-disk2.vmdk.gz');
        truncateSync(disk, readFileSync(disk).length - 100);
        return join(folder, 'shop.ovf');
      },
    ],
    'when a packed disk names another file': [
      'image-unsafe',
      (folder) => {
        rmSync(join(folder, 'shop.mf'));
        const image = join(folder, 'image');
        qemuImg('create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', image, '6M');
        rmSync(join(folder, 'shop-disk2.vmdk.gz'));
        packWithGzip(image, join(folder, 'shop-disk2.vmdk.gz'));
        return join(folder, 'shop.ovf');
      },
    ],
    'when a disk in the OVA names another file': [
      'image-unsafe',
      (folder, scratch) => {
        rmSync(join(folder, 'shop.mf'));
        rmSync(join(folder, 'shop-disk1.vmdk'));
        qemuImg('create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', join(folder, 'shop-disk1.vmdk'), '4M');
        return packOva(join(folder, 'shop.ovf'), join(scratch, 'shop.ova'));
      },
    ],
    'when it has more SATA disks than there are ports': [
      'invalid-input',
      (_folder, scratch) => {
        const disks = [1, 2, 3, 4, 5, 6].map((index) => ({
          name: `d${index}`,
          raw: join(scratch, 'first.raw'),
          capacity: 4 * mib,
        }));
        return writeOvfFolder(join(scratch, 'six'), { name: 'six', disks });
      },
    ],
  };
  for (const [name, [code, spoil]] of Object.entries(cases)) {
    test(name, async () => {
      const core = useCore();
      const folder = join(core.scratch, 'shop');
      writeOvfFolder(folder, describeShop(core.scratch));
      const failure = await getFailure(create(core, spoil(folder, core.scratch)));
      expect(failure).toMatchObject({ code, hint: expect.any(String) });
      expect(readdirSync(join(core.folder, 'machines')).filter((file) => file !== '.lock-key')).toEqual([]);
    });
  }
});

function packWithGzip(from: string, to: string): void {
  writeFileSync(to, gzipSync(readFileSync(from)));
}
