import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { unpackPackages } from './apt.ts';
import { buildOnce, getRecipeFile } from './cache.ts';
import { buildCpio, type CpioEntry } from './cpio.ts';

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

/** Linux with busybox; with `hasAgent` also the QEMU guest agent. See docs/testing.md for what it does. */
export async function buildLinuxGuest({ hasAgent }: { hasAgent: boolean }): Promise<KernelGuest> {
  const linux = await unpackPackages(['linux-image-amd64', 'linux-image-generic']);
  const busybox = await unpackPackages(['busybox-static']);
  const agent = hasAgent ? await unpackPackages(['qemu-guest-agent'], { withDependencies: true }) : undefined;
  const xz = join(await unpackPackages(['xz-utils']), 'usr/bin/xz');
  const gaps = getRecipeFile('./linux/gaps.s');
  const sources = ['./linux-guest.ts', './cpio.ts'].map(getRecipeFile);
  const texts = [linux, busybox, agent ?? ''].map((folder) => basename(folder));
  const folder = await buildOnce(
    hasAgent ? 'agent' : 'linux',
    { texts, files: [...Object.keys(ownFiles).map(getOwnFile), gaps, ...sources] },
    async (target) => {
      const entries = [
        { path: 'dev/console', device: [5, 1] as const },
        ...(await listBusybox(join(busybox, 'bin/busybox'))),
        ...Object.entries(ownFiles).map(([name, path]) => buildFile(getOwnFile(name), path)),
        { path: 'bin/gaps', data: await assemble(gaps, target), isExecutable: true },
        { path: 'etc/passwd', data: Buffer.from('root::0:0:root:/:/bin/sh\n') },
        { path: 'etc/group', data: Buffer.from('root:x:0:\n') },
        ...(await listModules(linux, { busybox: join(busybox, 'bin/busybox'), xz }, join(target, 'modules'))),
        ...(agent === undefined ? [] : await listProgram(agent, 'usr/sbin/qemu-ga')),
      ];
      writeFileSync(join(target, 'initrd'), buildCpio(entries));
      const kernel = readdirSync(join(linux, 'boot')).find((name) => name.startsWith('vmlinuz-'));
      if (kernel === undefined) throw new Error(`no kernel in ${linux}/boot`);
      copyFileSync(join(linux, 'boot', kernel), join(target, 'packed-kernel'));
      writeFileSync(join(target, 'kernel'), unpackKernel(join(linux, 'boot', kernel), xz));
    },
  );
  return { kernel: join(folder, 'kernel'), packedKernel: join(folder, 'packed-kernel'), initrd: join(folder, 'initrd'), append };
}

/** The guest's own scripts, and where they are in it. */
const ownFiles = { init: 'init', 'input-events': 'bin/input-events', keeper: 'etc/keeper', udhcpc: 'etc/udhcpc' };

function getOwnFile(name: string): string {
  return getRecipeFile(`./linux/${name}`);
}

// Console messages go to both; the last one named is where init writes. The rest makes an emulated boot faster.
const append = 'console=tty0 console=ttyS0 quiet net.ifnames=0 nokaslr no_timer_check mitigations=off';

/** Drivers of the devices QEMU offers and of file systems. What they depend on is added; what is not a module is built in. */
const moduleNames = [
  ...[
    'virtio_pci',
    'virtio_blk',
    'virtio_net',
    'virtio-rng',
    'virtio_console',
    'virtio_balloon',
    'virtio_scsi',
    'virtio_input',
    'virtio-gpu',
  ],
  ...[
    'bochs',
    'sd_mod',
    'sr_mod',
    'ahci',
    'nvme',
    'xhci-pci',
    'ehci-pci',
    'uhci-hcd',
    'usbhid',
    'hid-generic',
    'usb-storage',
    'uas',
  ],
  ...['evdev', 'psmouse', 'button', 'e1000', 'e1000e', 'qemu_fw_cfg', 'i6300esb', 'iTCO_wdt', 'pvpanic-pci', 'pvpanic-mmio'],
  ...[
    '9p',
    '9pnet_virtio',
    'virtiofs',
    'isofs',
    'ext4',
    'vfat',
    'nls_cp437',
    'nls_ascii',
    'nls_iso8859-1',
    'crc32c_generic',
    'loop',
    'efivarfs',
  ],
];

/** The kernel inside a packed one, or the packed one itself when it is not packed with xz. */
function unpackKernel(file: string, xz: string): Buffer {
  const packed = readFileSync(file);
  const start = packed.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]));
  const { stdout } = spawnSync(xz, ['-dc', '--single-stream'], { input: packed.subarray(start), maxBuffer: 256 * 1024 * 1024 });
  return start > 0 && stdout.subarray(1, 4).toString() === 'ELF' ? stdout : packed;
}

async function listBusybox(busybox: string): Promise<readonly CpioEntry[]> {
  const { stdout } = await run(busybox, ['--list']);
  const applets = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox');
  return [
    { path: 'bin/busybox', data: readFileSync(busybox), isExecutable: true },
    { path: 'sbin', link: 'bin' },
    ...applets.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
  ];
}

/** The chosen modules, what they depend on, and the index `modprobe` reads, which busybox itself makes. */
async function listModules(
  linux: string,
  { busybox, xz }: { busybox: string; xz: string },
  work: string,
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
  for (const name of moduleNames) await want(name);
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

/** A program with the loader and the libraries it was unpacked with, found by that loader itself. */
async function listProgram(root: string, program: string): Promise<readonly CpioEntry[]> {
  const loader = realpathSync(join(root, 'lib64/ld-linux-x86-64.so.2'));
  const folders = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'].map((folder) => join(root, folder));
  const { stdout } = await run(loader, ['--library-path', folders.join(':'), '--list', join(root, program)]);
  const libraries = [...stdout.matchAll(/=> (\/\S+)/g)].map((match) => match[1] ?? '');
  return [
    buildFile(join(root, program), program),
    buildFile(loader, 'lib64/ld-linux-x86-64.so.2'),
    { path: 'bin/qemu-ga', link: '/usr/sbin/qemu-ga' },
    ...libraries
      .filter((file) => !basename(file).startsWith('ld-linux'))
      .map((file) => buildFile(realpathSync(file), `lib/x86_64-linux-gnu/${basename(file)}`)),
  ];
}

/** A program without any library, from its source. */
async function assemble(source: string, work: string): Promise<Buffer> {
  const program = join(work, basename(source, '.s'));
  await run('as', ['--64', source, '-o', `${program}.o`]);
  await run('ld', ['-s', '-o', program, `${program}.o`]);
  const bytes = readFileSync(program);
  for (const file of [program, `${program}.o`]) rmSync(file);
  return bytes;
}

function buildFile(file: string, path: string): CpioEntry {
  return { path, data: readFileSync(file), isExecutable: true };
}
