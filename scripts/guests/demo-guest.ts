import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackPackages } from './apt.ts';
import { buildOnce } from './cache.ts';
import { buildCpio, type CpioEntry } from './cpio.ts';
import {
  buildFile,
  findKernelGuest,
  type KernelGuest,
  listBusybox,
  listModules,
  listPrograms,
  writeKernels,
} from './linux-parts.ts';

/** The same guest, changed for tests. */
export interface DemoVariant {
  readonly name: string;
  /** What the kernel's command line has more. */
  readonly append: string;
  /** Files that the change depends on. */
  readonly sources: readonly string[];
  /** Gives the changed files; `work` is a folder for the meantime. */
  change(entries: readonly CpioEntry[], work: string): Promise<readonly CpioEntry[]>;
}

/**
 * The small Linux of `npm run demo:template`: busybox with the QEMU guest agent, a shell on the serial line and on the screen, DHCP,
 * and its first disk at /data, which it formats when it is empty. Made from Debian packages; `progress` is told each step.
 */
export async function buildDemoGuest(
  progress: (step: string) => void = () => undefined,
  variant?: DemoVariant,
): Promise<KernelGuest> {
  progress('Getting the Linux kernel');
  const linux = await unpackPackages(['linux-image-amd64', 'linux-image-generic']);
  progress('Getting busybox and the guest agent');
  const busybox = await unpackPackages(['busybox-static']);
  const agent = await unpackPackages(['qemu-guest-agent'], { withDependencies: true, also: ['e2fsprogs', 'bsdutils'] });
  const xz = join(await unpackPackages(['xz-utils']), 'usr/bin/xz');
  const sources = ['./demo-guest.ts', './linux-parts.ts', './cpio.ts', ...Object.keys(ownFiles)];
  const texts = [linux, busybox, agent].map((folder) => basename(folder));
  progress('Putting the guest together');
  const files = [...sources.map(getSource), ...(variant?.sources ?? [])];
  const folder = await buildOnce(variant?.name ?? 'demo', { texts, files }, async (target) => {
    const tools = { busybox: join(busybox, 'bin/busybox'), xz };
    const entries = [
      { path: 'dev/console', device: [5, 1] as const },
      ...folders.map((path) => ({ path })),
      ...(await listBusybox(tools.busybox)),
      ...Object.entries(ownFiles).map(([name, path]) => buildFile(getSource(name), path)),
      ...Object.entries(textFiles).map(([path, text]) => ({ path, data: Buffer.from(text) })),
      ...(await listModules(linux, tools, join(target, 'modules'), moduleNames)),
      ...(await listPrograms(agent, ['qemu-ga', 'mke2fs', 'script'])),
    ];
    writeFileSync(join(target, 'initrd'), buildCpio((await variant?.change(entries, target)) ?? entries));
    writeKernels(linux, xz, target);
  });
  return findKernelGuest(folder, variant === undefined ? append : `${append} ${variant.append}`);
}

// Kernel messages go to the screen and the serial line; the last one named is where init writes. The rest makes an emulated boot faster.
const append = 'console=tty0 console=ttyS0 quiet net.ifnames=0 nokaslr no_timer_check mitigations=off';

/** The guest's own files, and where they are in it. */
const ownFiles = {
  './demo/init': 'init',
  './demo/inittab': 'etc/inittab',
  './demo/start': 'etc/start',
  './demo/stop': 'etc/stop',
  './demo/agent': 'etc/agent',
  './demo/power-button': 'etc/power-button',
  './demo/profile': 'etc/profile',
  './demo/shutdown': 'bin/shutdown',
  './udhcpc': 'etc/udhcpc',
};

const folders = ['data', 'dev', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'var/log'];

const textFiles = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\ntty:x:5:\n',
  'etc/hostname': 'demo\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/shells': '/bin/sh\n',
  'etc/os-release': 'ID=bothy-demo\nNAME="Bothy demo guest"\nPRETTY_NAME="Bothy demo guest (busybox)"\n',
};

/** Drivers of the devices a machine of Bothy's has, as far as this guest needs them; what is not a module is built in. */
const moduleNames = [
  ...['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio-rng', 'virtio_console', 'button', 'evdev'],
  ...['ext4', 'crc32c_generic', 'loop', 'efivarfs', '9p', '9pnet_virtio'],
];

function getSource(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
