import { describe, expect, test } from 'vitest';
import type { Image } from '../../../contract/image.ts';
import { buildLines, filterImages, sortForDeletion, sumBytes } from '../../../renderer/features/image/group-images.ts';
import { describeRole, listImageVerbs, nameFully, replaceEnding } from '../../../renderer/features/image/image-words.ts';
import { layoutChains } from '../../../renderer/features/image/layout-chain.ts';

const image = (file: string, more: Partial<Image> = {}): Image => ({
  ...{ file, format: 'qcow2', virtualSize: 100, actualSize: 10, backingFile: null, device: 'disk0', role: 'snapshot' },
  ...{ machine: { id: 'web', name: 'web' }, snapshots: [], usedBy: [], problem: null },
  ...more,
});

/** Rows as text: the node is `o` (`@` on the way to the present), lines that pass are `|`, lines that end are `/`. */
function draw(images: readonly Image[]): string[] {
  return layoutChains(images, ({ role }) => role === 'present').map(
    ({ image: { file }, lane, passes, joins, isOnPath, hasBelow }) => {
      const last = Math.max(lane, ...passes, ...joins);
      const cells = Array.from({ length: last + 1 }, (_, at) =>
        at === lane ? (isOnPath ? '@' : 'o') : passes.includes(at) ? '|' : joins.includes(at) ? '/' : ' ',
      );
      return `${cells.join('')} ${file}${hasBelow ? '' : '.'}`;
    },
  );
}

describe('a drawn chain', () => {
  test('has its base below and its present on top', () => {
    const images = [
      image('base'),
      image('now', { backingFile: 'middle', role: 'present' }),
      image('middle', { backingFile: 'base' }),
    ];
    expect(draw(images)).toEqual(['@ now', '@ middle', '@ base.']);
  });

  test('gives other branches lanes of their own', () => {
    const images = [
      image('a'),
      image('b', { backingFile: 'a' }),
      image('c', { backingFile: 'b' }),
      image('now', { backingFile: 'c', role: 'present' }),
      image('side 1', { backingFile: 'a' }),
      image('side 1 end', { backingFile: 'side 1' }),
      image('side 2', { backingFile: 'a' }),
      image('off b', { backingFile: 'b' }),
    ];
    expect(draw(images)).toEqual(['@ now', '@ c', '|o off b', '@/ b', '|o side 1 end', '|o side 1', '||o side 2', '@// a.']);
  });

  test('survives files that name each other in a circle', () => {
    const images = [image('one', { backingFile: 'two' }), image('two', { backingFile: 'one' })];
    expect(draw(images)).toHaveLength(2);
  });
});

describe('the lines of the images page', () => {
  const images = [
    image('/m/b/disks/disk0.qcow2', { machine: { id: 'b', name: 'Beta 10' }, role: 'present' }),
    image('/m/a/disks/disk1.qcow2', { machine: { id: 'a', name: 'beta 9' }, role: 'present', device: 'disk1' }),
    image('/m/a/disks/disk0.qcow2', {
      machine: { id: 'a', name: 'beta 9' },
      role: 'present',
      backingFile: '/m/b/disks/disk0.qcow2',
    }),
    image('/m/a/disks/left.qcow2', { machine: { id: 'a', name: 'beta 9' }, role: 'orphan', device: null }),
    image('/kept/old/disk0.qcow2', { machine: null, role: 'kept', snapshots: [] }),
  ];

  test('are grouped by machine, with what nothing needs at the end', () => {
    const lines = buildLines(images).map((line) =>
      line.type === 'image' ? line.row.image.file : line.type === 'machine' ? `# ${line.name} ${line.bytes}` : line.type,
    );
    expect(lines).toEqual([
      '# beta 9 20',
      '/m/a/disks/disk0.qcow2',
      'link',
      '/m/a/disks/disk1.qcow2',
      '# Beta 10 10',
      '/m/b/disks/disk0.qcow2',
      'spare',
      '/kept/old/disk0.qcow2',
      '/m/a/disks/left.qcow2',
    ]);
    expect(buildLines(images).find((line) => line.type === 'link')).toMatchObject({ target: images[0] });
    expect(buildLines([])).toEqual([]);
    expect(sumBytes(images)).toBe(50);
  });

  test('are found by any word of them', () => {
    const find = (text: string) => filterImages(images, text).map(({ file }) => file.split('/').at(-1));
    expect(find('BETA disk1')).toEqual(['disk1.qcow2']);
    expect(find('kept')).toEqual(['disk0.qcow2']);
    expect(find('orphan qcow2')).toEqual(['left.qcow2']);
    expect(find(' ')).toHaveLength(5);
    expect(find('nothing like this')).toEqual([]);
  });
});

describe('what is said of an image', () => {
  const snapshot = image('/m/web/disks/disk0.qcow2', { snapshots: [{ id: 'a', name: 'clean' }] });
  const present = image('/m/web/disks/disk0-b.qcow2', { role: 'present', backingFile: snapshot.file });
  const kept = image('/h/kept/mail-0a1b2c3d4e5f/disk0.qcow2', { role: 'kept', machine: null });

  test('names it and what it is for', () => {
    expect([snapshot, present, kept].map(nameFully)).toEqual(['“clean” of web', 'disk0 of web', 'disk0.qcow2']);
    const layer = image('/m/web/disks/disk0-c.qcow2', { role: 'shared' });
    const clone = { id: 'other', name: 'other' };
    expect([layer, { ...layer, usedBy: [...layer.usedBy, clone] }].map(nameFully)).toEqual([
      'Older layer of web',
      'Shared layer of web',
    ]);
    expect(describeRole(kept)).toBe('Kept from mail, which was deleted');
    expect(describeRole({ ...kept, file: '/h/kept/mail-0a1b2c3d4e5f-damaged/x.qcow2' })).toBe('Damaged original, of mail');
    expect(describeRole({ ...kept, file: '/h/kept/elsewhere/x.qcow2' })).toBe('Kept in elsewhere');
  });

  test('offers what can be done with it', () => {
    const all = [snapshot, present, kept];
    expect(listImageVerbs(snapshot, all)).toEqual(['info', 'convert', 'check', 'compact']);
    expect(listImageVerbs(present, all)).toEqual(['info', 'grow', 'convert', 'check', 'compact']);
    expect(listImageVerbs(kept, all)).toEqual(['info', 'grow', 'convert', 'check', 'compact', 'delete']);
    expect(listImageVerbs({ ...kept, format: 'vdi' }, all)).toEqual(['info', 'convert', 'check', 'delete']);
    expect(listImageVerbs({ ...present, actualSize: 0, virtualSize: null }, all)).toEqual(['info']);
    // A raw disk that is still empty takes nothing.
    expect(listImageVerbs({ ...present, format: 'raw', actualSize: 0 }, all)).toContain('convert');
  });

  test('deletes what builds on another before that one', () => {
    const files = [image('base'), image('top', { backingFile: 'middle' }), image('middle', { backingFile: 'base' })];
    expect(sortForDeletion(files).map(({ file }) => file)).toEqual(['top', 'middle', 'base']);
    expect(sortForDeletion([image('a', { backingFile: 'b' }), image('b', { backingFile: 'a' })])).toHaveLength(2);
  });

  test('gives a file the ending of its format, and leaves other endings alone', () => {
    expect(replaceEnding('/x/disk.qcow2', 'vpc')).toBe('/x/disk.vhd');
    expect(replaceEnding('/x/disk.IMG', 'vmdk')).toBe('/x/disk.vmdk');
    expect(replaceEnding('/x/disk.vhd', 'raw')).toBe('/x/disk.raw');
    expect(replaceEnding('/x/v1.2', 'raw')).toBe('/x/v1.2');
    expect(replaceEnding('/x.raw/disk', 'vdi')).toBe('/x.raw/disk');
  });
});
