import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildProbeRom } from '../../../core/host/probe-guest.ts';
import { probeCode, probeDigest } from '../../../core/host/probe-image.ts';
import { findTool, requireOrSkip } from '../../kit/require-tool.ts';
import { useTestHome } from '../../kit/test-home.ts';

const binary = readFileSync('assets/probe/probe.bin');

test('the embedded code is the binary in assets', () => {
  expect(Buffer.from(probeCode, 'base64').equals(binary)).toBe(true);
  expect(createHash('sha256').update(binary).digest('hex').startsWith(probeDigest)).toBe(true);
});

test('the source builds to the same bytes', (context) => {
  const home = useTestHome();
  for (const tool of ['as', 'ld', 'objcopy'])
    requireOrSkip(context, findTool(tool) !== undefined, `${tool} (binutils) is not installed`);
  execFileSync(process.execPath, ['scripts/build-probe.mjs', home.scratch], { env: { ...process.env, TMPDIR: home.scratch } });
  for (const name of ['assets/probe/probe.bin', 'core/host/probe-image.ts'])
    expect(readFileSync(join(home.scratch, name)).equals(readFileSync(name)), name).toBe(true);
});

test('the ROM has 64 KiB and jumps from the reset vector to the code', () => {
  const rom = buildProbeRom();
  expect(rom.length).toBe(65_536);
  expect(rom.subarray(0, binary.length).equals(binary)).toBe(true);
  expect(rom[0xfff0]).toBe(0xe9);
  expect((0xfff3 + rom.readUInt16LE(0xfff1)) & 0xffff).toBe(0);
});

test('the loop is checked against the result that another computation gives', () => {
  const source = readFileSync('assets/probe/probe.s', 'utf8');
  const read = (name: string): number => Number(new RegExp(`\\.set\\s+${name},\\s+(\\w+)`).exec(source)?.[1]);
  let value = read('loop_seed');
  for (let count = read('loop_count'); count > 0; count--) value = (((value << 5) | (value >>> 27)) + count) | 0;
  expect(value >>> 0).toBe(read('loop_result'));
});
