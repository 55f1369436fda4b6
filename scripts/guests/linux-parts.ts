import { execFile, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { CpioEntry } from './cpio.ts';

const run = promisify(execFile);

/** A kernel, an initial file system and the kernel's command line. */
export interface KernelGuest {
  /** The unpacked kernel: an emulated CPU needs seconds to unpack the packed one. */
  readonly kernel: string;
  /** The kernel as distributions ship it, which UEFI firmware can start too. */
  readonly packedKernel: string;
  readonly initrd: string;
  readonly append: string;
}

/** Puts the kernel of an unpacked package into a folder, as `packed-kernel` and unpacked as `kernel`. */
export function writeKernels(linux: string, xz: string, folder: string): void {
  const kernel = readdirSync(join(linux, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  if (kernel === undefined) throw new Error(`no kernel in ${linux}/boot`);
  copyFileSync(join(linux, 'boot', kernel), join(folder, 'packed-kernel'));
  writeFileSync(join(folder, 'kernel'), unpackKernel(join(linux, 'boot', kernel), xz));
}

/** The guest whose files are in a folder: `kernel`, `packed-kernel` and `initrd`. */
export function findKernelGuest(folder: string, append: string): KernelGuest {
  return { kernel: join(folder, 'kernel'), packedKernel: join(folder, 'packed-kernel'), initrd: join(folder, 'initrd'), append };
}

/** The kernel inside a packed one, or the packed one itself when it is not packed with xz. */
export function unpackKernel(file: string, xz: string): Buffer {
  const packed = readFileSync(file);
  const start = packed.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]));
  const { stdout } = spawnSync(xz, ['-dc', '--single-stream'], { input: packed.subarray(start), maxBuffer: 256 * 1024 * 1024 });
  return start > 0 && stdout.subarray(1, 4).toString() === 'ELF' ? stdout : packed;
}

/** Busybox under the names of all it can do. */
export async function listBusybox(busybox: string): Promise<readonly CpioEntry[]> {
  const { stdout } = await run(busybox, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  return [
    { path: 'bin/busybox', data: readFileSync(busybox), isExecutable: true },
    { path: 'sbin', link: 'bin' },
    ...applets.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
  ];
}

/** Kernel modules by name, what they depend on, and the index `modprobe` reads, which busybox itself makes in `work`. */
export async function listModules(
  linux: string,
  { busybox, xz }: { busybox: string; xz: string },
  work: string,
  names: readonly string[],
): Promise<readonly CpioEntry[]> {
  const base = [join(linux, 'lib/modules'), join(linux, 'usr/lib/modules')]
    .map(findOnlyFolder)
    .find((path) => path !== undefined);
  if (base === undefined) throw new Error(`no kernel modules in ${linux}`);
  const version = basename(base);
  const target = join(work, 'lib/modules', version);
  const files = new Map(listFiles(base).map((file) => [normalise(basename(file).replace(/\.ko(\.\w+)?$/, '')), file]));
  const wanted = new Map<string, string>();
  const want = async (name: string): Promise<void> => {
    const file = files.get(normalise(name));
    if (file === undefined || wanted.has(normalise(name))) return;
    wanted.set(normalise(name), file);
    const copy = join(target, relative(base, file));
    mkdirSync(join(copy, '..'), { recursive: true });
    cpSync(file, copy);
    if (file.endsWith('.xz')) await run(xz, ['-d', copy]);
    const content = readFileSync(copy.replace(/\.xz$/, ''), 'latin1');
    for (const dependency of (/depends=([^\0]*)\0/.exec(content)?.[1] ?? '').split(','))
      if (dependency !== '') await want(dependency);
  };
  for (const name of names) await want(name);
  await run(busybox, ['depmod', '-b', work, version]);
  const entries = listFiles(work).map((file) => ({ path: relative(work, file), data: readFileSync(file) }));
  rmSync(work, { recursive: true });
  return entries;
}

function findOnlyFolder(path: string): string | undefined {
  try {
    const [name] = readdirSync(path);
    return name === undefined ? undefined : join(path, name);
  } catch {
    return undefined;
  }
}

function normalise(name: string): string {
  return name.replaceAll('-', '_');
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Programs by name, in `/usr/sbin`, with the loader and the libraries they were unpacked with, found by that loader itself. */
export async function listPrograms(root: string, names: readonly string[]): Promise<readonly CpioEntry[]> {
  const loader = realpathSync(findIn(root, ['lib64', 'usr/lib64'], 'ld-linux-x86-64.so.2'));
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(root, folder));
  const libraries = new Map<string, string>();
  const programs = names.map((name) => findIn(root, ['usr/sbin', 'usr/bin', 'sbin', 'bin'], name));
  for (const program of programs) {
    const { stdout } = await run(loader, ['--library-path', folders.join(':'), '--list', program]);
    for (const [, file = ''] of stdout.matchAll(/=> (\/\S+)/g)) libraries.set(basename(file), realpathSync(file));
  }
  return [
    ...programs.map((program) => buildFile(program, `usr/sbin/${basename(program)}`)),
    buildFile(loader, 'lib64/ld-linux-x86-64.so.2'),
    ...[...libraries]
      .filter(([name]) => !name.startsWith('ld-linux'))
      .map(([name, file]) => buildFile(file, `lib/x86_64-linux-gnu/${name}`)),
  ];
}

/** A file in the first of some folders that has it. */
function findIn(root: string, folders: readonly string[], name: string): string {
  const file = folders.map((folder) => join(root, folder, name)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${name} is not among the packages unpacked in ${root}`);
  return file;
}

/** A file of this host as one of the guest that may be run. */
export function buildFile(file: string, path: string): CpioEntry {
  return { path, data: readFileSync(file), isExecutable: true };
}
