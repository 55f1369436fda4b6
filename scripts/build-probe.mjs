#!/usr/bin/env node
// Builds the probe guest from assets/probe/probe.s with GNU binutils: the binary beside it, and the same as text that the
// core can be bundled with. The result is the same to the bit wherever it is built. `build-probe.mjs FOLDER` writes there.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rootFolder } from './source-files.mjs';

/** From protected mode on, the code runs in the copy of the firmware below 1 MiB, whose last 64 KiB begin here. */
const codeAddress = '0xf0000';

const source = join(rootFolder, 'assets/probe/probe.s');
const targetFolder = process.argv[2] ?? rootFolder;
const workFolder = mkdtempSync(join(tmpdir(), 'bothy-probe-'));
try {
  const object = join(workFolder, 'probe.o');
  const linked = join(workFolder, 'probe.elf');
  const binary = join(workFolder, 'probe.bin');
  execFileSync('as', ['--64', '-o', object, source], { stdio: 'inherit' });
  execFileSync('ld', ['-m', 'elf_x86_64', '-nostdlib', '--build-id=none', '-Ttext', codeAddress, '-o', linked, object], {
    stdio: 'inherit',
  });
  execFileSync('objcopy', ['-O', 'binary', '-j', '.text', linked, binary], { stdio: 'inherit' });
  const code = readFileSync(binary);
  writeTarget('assets/probe/probe.bin', code);
  writeTarget('core/host/probe-image.ts', buildModule(code));
  console.log(`The probe guest has ${code.length} bytes.`);
} finally {
  rmSync(workFolder, { recursive: true, force: true });
}

/** @type {(name: string, content: Buffer | string) => void} */
function writeTarget(name, content) {
  const path = join(targetFolder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** @type {(code: Buffer) => string} */
function buildModule(code) {
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 12);
  return `// Built from assets/probe/probe.s by \`npm run build:probe\`; do not edit.

/** The probe guest's code, without the padding that buildProbeRom adds. */
export const probeCode =
  '${code.toString('base64')}';

/** The beginning of the code's SHA-256, which tells one version of the guest from another. */
export const probeDigest = '${digest}';
`;
}
