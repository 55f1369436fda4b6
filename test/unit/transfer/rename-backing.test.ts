import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renameBacking } from '../../../core/transfer/rename-backing.ts';
import { qemuImg } from '../../kit/disk-images.ts';
import { useTestHome } from '../../kit/test-home.ts';

/** The overlay's file with its first cluster changed. */
function rename(path: string, name: string): boolean {
  const image = readFileSync(path);
  const head = renameBacking(image.subarray(0, 65_536), name);
  if (head === undefined) return false;
  writeFileSync(path, Buffer.concat([head, image.subarray(65_536)]));
  return true;
}

test.each(['x', 'other.qcow2', `${'long'.repeat(100)}.qcow2`])('a header names %s after it', (name) => {
  const { scratch } = useTestHome();
  const path = join(scratch, 'top.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', join(scratch, 'base.qcow2'), '1M');
  qemuImg('create', '-q', '-f', 'qcow2', '-b', join(scratch, 'base.qcow2'), '-F', 'qcow2', path);
  expect(rename(path, name)).toBe(true);
  const info = JSON.parse(qemuImg('info', '--output=json', '-U', path));
  expect(info).toMatchObject({ 'backing-filename': name, 'backing-filename-format': 'qcow2', 'virtual-size': 1024 ** 2 });
  expect(info['format-specific'].data.corrupt).toBe(false);
});

test('not where there is no room, or no name to begin with', () => {
  const { scratch } = useTestHome();
  const base = join(scratch, 'base.qcow2');
  const path = join(scratch, 'top.qcow2');
  qemuImg('create', '-q', '-f', 'qcow2', base, '1M');
  qemuImg('create', '-q', '-f', 'qcow2', '-o', 'cluster_size=512', '-b', base, '-F', 'qcow2', path);
  expect(renameBacking(readFileSync(path).subarray(0, 512), 'x'.repeat(1000))).toBeUndefined();
  expect(renameBacking(readFileSync(base).subarray(0, 65_536), 'x')).toBeUndefined();
});
