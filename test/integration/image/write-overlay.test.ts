import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countSharedBytes, readAllocation } from '../../../core/image/read-allocation.ts';
import { getEmptyOverlayLength, writeOverlay } from '../../../core/image/write-overlay.ts';
import { useSmallDisk } from '../../kit/small-disk.ts';
import { useTestHome } from '../../kit/test-home.ts';

const mib = 1024 ** 2;
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });
const qemuIo = (file: string, ...commands: string[]): string =>
  execFileSync('qemu-io', ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), file], { encoding: 'utf8' });

describe('an overlay', () => {
  it.each([512, mib, 512 * mib, 512 * mib + 512, 20 * 1024 * mib, 64 * 1024 ** 4])(
    'of %i bytes is one that qemu-img could have made',
    (size) => {
      const { scratch } = useTestHome();
      const base = join(scratch, 'base.qcow2');
      const overlay = join(scratch, 'overlay.qcow2');
      qemuImg('create', '-q', '-f', 'qcow2', base, String(size));
      writeOverlay(overlay, 'base.qcow2', size);
      expect(qemuImg('check', overlay)).toContain('No errors were found');
      const info = JSON.parse(qemuImg('info', '--output=json', overlay)) as Record<string, unknown>;
      expect(info).toMatchObject({
        format: 'qcow2',
        'virtual-size': size,
        'backing-filename': 'base.qcow2',
        'backing-filename-format': 'qcow2',
      });
      expect(statSync(overlay).size).toBe(getEmptyOverlayLength(size));
    },
  );

  it('takes what is written to it, shows what is below, and is longer then', () => {
    const { scratch } = useTestHome();
    const base = join(scratch, 'base.qcow2');
    const overlay = join(scratch, 'overlay.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', base, '600M');
    qemuIo(base, 'write -q -P 1 0 1M', 'write -q -P 2 550M 1M');
    writeOverlay(overlay, 'base.qcow2', 600 * mib);
    const before = readFileSync(base);
    qemuIo(overlay, 'write -q -P 3 64k 64k');
    expect(qemuIo(overlay, 'read -P 1 0 64k', 'read -P 3 64k 64k', 'read -P 2 550M 1M')).not.toContain('verification failed');
    expect(qemuImg('check', overlay)).toContain('No errors were found');
    expect(statSync(overlay).size).toBeGreaterThan(getEmptyOverlayLength(600 * mib));
    expect(readFileSync(base).equals(before)).toBe(true);
  });

  it('can be given another base on a disk that is full', (context) => {
    const { scratch } = useTestHome();
    const disk = useSmallDisk(context, scratch, 4 * mib);
    const overlay = join(scratch, 'overlay.qcow2');
    for (const name of ['base.qcow2', 'other.qcow2']) qemuImg('create', '-q', '-f', 'qcow2', join(scratch, name), '1M');
    writeOverlay(overlay, 'base.qcow2', mib);
    disk.fill(0);
    qemuImg('rebase', '-u', '-b', 'other.qcow2', '-F', 'qcow2', overlay);
    expect(qemuImg('info', overlay)).toContain('other.qcow2');
  });

  it('never replaces a file', () => {
    const { scratch } = useTestHome();
    const path = join(scratch, 'there.qcow2');
    writeOverlay(path, 'base.qcow2', mib);
    const before = readFileSync(path);
    expect(() => writeOverlay(path, 'other.qcow2', mib)).toThrow('EEXIST');
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('what two images both hold', () => {
  it('is counted by their tables', () => {
    const { scratch } = useTestHome();
    const [one, other] = [join(scratch, 'one.qcow2'), join(scratch, 'other.qcow2')];
    for (const file of [one, other]) qemuImg('create', '-q', '-f', 'qcow2', file, '2G');
    qemuIo(one, 'write -q 0 10M', 'write -q 1500M 1M');
    qemuIo(other, 'write -q 8M 10M', 'write -q 1500M 64k');
    expect(countSharedBytes(readAllocation(one), readAllocation(other))).toBe(2 * mib + 64 * 1024);
  });
});
