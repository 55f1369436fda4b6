import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unpackPackages } from '../../scripts/guests/apt.ts';
import { buildOnce } from '../../scripts/guests/cache.ts';
import { buildCpio } from '../../scripts/guests/cpio.ts';
import {
  buildFile,
  findKernelGuest,
  type KernelGuest,
  listBusybox,
  listModules,
  listPrograms,
  writeKernels,
} from '../../scripts/guests/linux-parts.ts';
import { quickAppend, trimDrivers } from './quick-boot.ts';

const run = promisify(execFile);

/** Linux with busybox; with `hasAgent` also the QEMU guest agent. See docs/testing.md for what it does. */
export async function buildLinuxGuest({ hasAgent }: { hasAgent: boolean }): Promise<KernelGuest> {
  const linux = await unpackPackages(['linux-image-amd64', 'linux-image-generic']);
  const busybox = await unpackPackages(['busybox-static']);
  const agent = hasAgent ? await unpackPackages(['qemu-guest-agent'], { withDependencies: true }) : undefined;
  const xz = join(await unpackPackages(['xz-utils']), 'usr/bin/xz');
  const gaps = getRecipeFile('./linux/gaps.s');
  const sources = [
    './linux-guest.ts',
    './quick-boot.ts',
    '../../scripts/guests/linux-parts.ts',
    '../../scripts/guests/cpio.ts',
  ].map(getRecipeFile);
  const texts = [linux, busybox, agent ?? ''].map((folder) => basename(folder));
  const folder = await buildOnce(
    hasAgent ? 'agent' : 'linux',
    { texts, files: [...Object.keys(ownFiles).map(getRecipeFile), gaps, ...sources] },
    async (target) => {
      const entries = [
        { path: 'dev/console', device: [5, 1] as const },
        ...(await listBusybox(join(busybox, 'bin/busybox'))),
        ...Object.entries(ownFiles).map(([name, path]) => buildFile(getRecipeFile(name), path)),
        { path: 'bin/gaps', data: await assemble(gaps, target), isExecutable: true },
        { path: 'etc/passwd', data: Buffer.from('root::0:0:root:/:/bin/sh\n') },
        { path: 'etc/group', data: Buffer.from('root:x:0:\n') },
        ...(await trimDrivers(
          await listModules(linux, { busybox: join(busybox, 'bin/busybox'), xz }, join(target, 'modules'), moduleNames),
          target,
        )),
        ...(agent === undefined ? [] : await listPrograms(agent, ['qemu-ga'])),
      ];
      writeFileSync(join(target, 'initrd'), buildCpio(entries));
      writeKernels(linux, xz, target);
    },
  );
  return findKernelGuest(folder, append);
}

/** The guest's own scripts, and where they are in it. */
const ownFiles = {
  './linux/init': 'init',
  './linux/input-events': 'bin/input-events',
  './linux/keeper': 'etc/keeper',
  '../../scripts/guests/udhcpc': 'etc/udhcpc',
};

function getRecipeFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

// Console messages go to both; the last one named is where init writes. The rest makes an emulated boot faster.
const append = `console=tty0 console=ttyS0 quiet net.ifnames=0 nokaslr no_timer_check mitigations=off ${quickAppend}`;

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
  ...['evdev', 'button', 'e1000', 'e1000e', 'qemu_fw_cfg', 'i6300esb', 'iTCO_wdt', 'pvpanic-pci', 'pvpanic-mmio'],
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

/** A program without any library, from its source. */
async function assemble(source: string, work: string): Promise<Buffer> {
  const program = join(work, basename(source, '.s'));
  await run('as', ['--64', source, '-o', `${program}.o`]);
  await run('ld', ['-s', '-o', program, `${program}.o`]);
  const bytes = readFileSync(program);
  for (const file of [program, `${program}.o`]) rmSync(file);
  return bytes;
}
