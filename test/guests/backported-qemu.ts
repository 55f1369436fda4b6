import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readCodename, unpackPackages } from '../../scripts/guests/apt.ts';
import { buildOnce } from '../../scripts/guests/cache.ts';
import { listLibraries } from './libraries.ts';

/** The programs of one QEMU, as BOTHY_QEMU and BOTHY_QEMU_IMG take them. */
export interface QemuPrograms {
  readonly qemu: string;
  readonly qemuImg: string;
}

/** The newer QEMU of Debian's backports with its own libraries and data files, beside the installed one and untouched by it. */
export async function getBackportedQemu(): Promise<QemuPrograms> {
  const root = await unpackPackages(['qemu-system-x86'], {
    suite: `${readCodename()}-backports`,
    withDependencies: true,
    // Every module that the installed QEMU has, or this one would load the installed one's and end.
    also: ['qemu-utils', 'qemu-system-modules-opengl', 'qemu-system-modules-spice'],
  });
  const folder = await buildOnce('qemu-backports', { texts: [root], files: [fileURLToPath(import.meta.url)] }, async (target) => {
    mkdirSync(join(target, 'lib'));
    for (const file of listLibraries(root)) symlinkSync(file, join(target, 'lib', basename(file)));
    mkdirSync(join(target, 'bin'));
    const data = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu'].map((path) => `-L '${join(root, path)}'`).join(' ');
    writeWrapper(target, root, 'qemu-system-x86_64', data);
    writeWrapper(target, root, 'qemu-img', '');
  });
  return { qemu: join(folder, 'bin/qemu-system-x86_64'), qemuImg: join(folder, 'bin/qemu-img') };
}

function writeWrapper(target: string, root: string, name: string, options: string): void {
  const lines = [
    '#!/bin/sh',
    'here=$(cd "$(dirname "$0")/.." && pwd)',
    'export LD_LIBRARY_PATH="$here/lib"',
    `export QEMU_MODULE_DIR='${join(root, 'usr/lib/x86_64-linux-gnu/qemu')}'`,
    `exec '${join(root, 'usr/bin', name)}' ${options} "$@"`,
  ];
  writeFileSync(join(target, 'bin', name), `${lines.join('\n')}\n`, { mode: 0o755 });
}

/** What a QEMU says it is, such as 10.0.2. */
export async function readQemuVersion(qemu: string): Promise<string> {
  const { stdout } = await promisify(execFile)(qemu, ['--version']);
  return /version ([0-9.]+)/.exec(stdout)?.[1] ?? stdout;
}
