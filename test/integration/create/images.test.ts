import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { qemuImg, writeRawImage } from '../../kit/disk-images.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const { diskSize: _none, ...tiny } = tinyMachine;

describe('a machine from a disk image has its content', () => {
  for (const format of ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vpc']) {
    test(format, async () => {
      const { machine, scratch, folder } = useCore();
      const raw = writeRawImage(join(scratch, 'disk.raw'), 4 * 1024 ** 2);
      const path = join(scratch, `disk, of="${format}"`);
      qemuImg('convert', '-f', 'raw', '-O', format, ...(format === 'vpc' ? ['-o', 'force_size=on'] : []), raw, path);
      const { id } = await machine.create({ name: 'one', ...tiny, source: { type: 'image', path } }, {});
      const disk = join(folder, 'machines', id, 'disks/disk0.qcow2');
      expect(qemuImg('compare', '-f', format, '-F', 'qcow2', path, disk)).toContain('identical');
      expect(await machine.disks({ machine: 'one' }, {})).toMatchObject([{ virtualSize: 4 * 1024 ** 2, backingFile: null }]);
    });
  }

  test('and the size that was asked for, never a smaller one', async () => {
    const { machine, scratch } = useCore();
    const source = { type: 'image', path: writeRawImage(join(scratch, 'disk.raw'), 4 * 1024 ** 2) } as const;
    const small = machine.create({ name: 'one', ...tiny, source, diskSize: 1024 ** 2 }, {});
    expect(await getFailure(small)).toMatchObject({ code: 'invalid-input' });
    await machine.create({ name: 'one', ...tiny, source, diskSize: 9 * 1024 ** 2 }, {});
    expect(await machine.disks({ machine: 'one' }, {})).toMatchObject([{ virtualSize: 9 * 1024 ** 2 }]);
  });
});

describe('an image that reaches for other files is refused:', () => {
  const secret = 'what nobody else may read';
  const cases: Readonly<Record<string, (scratch: string, other: string) => string>> = {
    'qcow2 with a backing file': (scratch, other) => {
      const path = join(scratch, 'x.qcow2');
      qemuImg('create', '-q', '-f', 'qcow2', '-b', other, '-F', 'raw', path);
      return path;
    },
    'qcow2 with a data file': (scratch) => {
      const path = join(scratch, 'x.qcow2');
      qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${join(scratch, 'data')},data_file_raw=on`, path, '1M');
      return path;
    },
    'vmdk with extents': (scratch) => {
      const path = join(scratch, 'x.vmdk');
      qemuImg('create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', path, '1M');
      return path;
    },
    'vmdk with a parent': (scratch, other) => {
      const parent = join(scratch, 'parent.vmdk');
      const path = join(scratch, 'x.vmdk');
      qemuImg('convert', '-O', 'vmdk', '-f', 'raw', other, parent);
      qemuImg('create', '-q', '-f', 'vmdk', '-b', parent, '-F', 'vmdk', path);
      return path;
    },
    'vmdk whose header hides a description': (scratch, other) => {
      const path = join(scratch, 'x.vmdk');
      const image = Buffer.alloc(256 * 1024);
      image.write('KDMV', 'latin1');
      image.writeUInt32LE(1, 4);
      // No capacity, and the description far behind what is looked at.
      image.writeBigUInt64LE(400n, 28);
      image.writeBigUInt64LE(20n, 36);
      const description =
        '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n' +
        `RW 2048 FLAT "${other}" 0\nddb.adapterType = "ide"\nddb.geometry.cylinders = "2"\n`;
      image.write('CID=fffffffe\n', 512);
      image.write(description, 400 * 512);
      writeFileSync(path, image);
      return path;
    },
  };
  for (const [name, make] of Object.entries(cases)) {
    test(name, async () => {
      const { machine, scratch } = useCore();
      const path = make(scratch, writeRawImage(join(scratch, 'other'), 1024 ** 2, secret));
      const failure = await getFailure(machine.create({ name: 'one', ...tiny, source: { type: 'image', path } }, {}));
      expect(failure).toMatchObject({ code: 'image-unsafe', message: expect.stringContaining(path), hint: expect.any(String) });
      expect(await machine.list({}, {})).toEqual([]);
    });
  }
});
