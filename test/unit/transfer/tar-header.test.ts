import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildTarHeader, padToBlock, parseTarHeader } from '../../../core/transfer/tar-header.ts';
import { useTestHome } from '../../kit/test-home.ts';

test('tar reads what we write, and we read it', () => {
  const { scratch } = useTestHome();
  const path = join(scratch, 'x.tar');
  writeFileSync(path, Buffer.concat([buildTarHeader('disks/disk0.qcow2', 5), Buffer.from('hello'), Buffer.alloc(507 + 1024)]));
  expect(execFileSync('tar', ['-tvf', path], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })).toMatch(
    /^-rw------- 0\/0 +5 1970-01-01 00:00 disks\/disk0\.qcow2\n$/,
  );
  expect(execFileSync('tar', ['-xOf', path], { encoding: 'utf8' })).toBe('hello');
});

test.each([0, 1, 8 * 1024 ** 3 - 1, 8 * 1024 ** 3, 64 * 1024 ** 4])('a size of %d bytes comes back', (size) => {
  expect(parseTarHeader(buildTarHeader('x', size))).toEqual({ name: 'x', size, type: '0' });
});

test('what is no header is none, whatever numbers it seems to hold', () => {
  expect(parseTarHeader(Buffer.alloc(512))).toBeUndefined();
  const odd = buildTarHeader('x', 1);
  odd[124] = 0xc0;
  expect(parseTarHeader(odd)).toBeUndefined();
});

test('content is padded to whole blocks', () => {
  expect([0, 1, 512, 513].map(padToBlock)).toEqual([0, 512, 512, 1024]);
});
