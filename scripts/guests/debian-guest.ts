import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from '../../core/host/find-program.ts';
import { buildSources, findObstacle, readCodename, unpackPackages } from './apt.ts';
import { buildOnce } from './cache.ts';

const run = promisify(execFile);
const mib = 1024 ** 2;
const diskBytes = 2048 * mib;
const partitionStart = mib;
const sectorBytes = 512;

/** Why the Debian guest cannot be made on this host, undefined when it can. */
export function findDebianObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'a Debian guest is installed in a folder of its own, which takes root';
  const missing = ['perl', 'qemu-img'].find((tool) => findProgram(tool, process.env) === undefined);
  return findObstacle() ?? (missing === undefined ? undefined : `a Debian guest is made with ${missing}, which is not installed`);
}

/**
 * A qcow2 image of the distribution's own release, as mmdebstrap installs it: systemd, the full kernel, an SSH server, the guest
 * agent, DHCP, root logged in on the serial line. BIOS only: GRUB lies between the partition table and the first partition.
 */
export async function buildDebianGuest(progress: (step: string) => void = () => undefined): Promise<string> {
  const obstacle = findDebianObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  progress('Getting mmdebstrap');
  const mmdebstrap = join(await unpackPackages(['mmdebstrap']), 'usr/bin/mmdebstrap');
  const files = ['./debian-guest.ts', './debian/prepare', './debian/finish'].map(getSource);
  const folder = await buildOnce('debian', { texts: [readCodename(), ...packages], files }, async (target) => {
    progress('Installing Debian into a folder');
    const root = join(target, 'root');
    await install(mmdebstrap, root);
    progress('Making a disk of it');
    const raw = join(target, 'debian.raw');
    await writeDisk(root, raw);
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(target, 'debian.qcow2')]);
    for (const path of [root, raw]) rmSync(path, { recursive: true });
  });
  return join(folder, 'debian.qcow2');
}

const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'iproute2', 'netbase', 'procps'],
  ...['qemu-guest-agent', 'openssh-server', 'linux-image-amd64', 'initramfs-tools', 'grub-pc-bin', 'grub-common'],
];

async function install(mmdebstrap: string, root: string): Promise<void> {
  const sources = (await buildSources()).split('\n').filter((line) => line !== '' && !line.includes('-backports'));
  const options = [
    ...['--mode=root', '--variant=minbase', '--format=directory', `--include=${packages.join(',')}`],
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"', '--aptopt=Acquire::Retries "2"'],
    `--essential-hook=sh ${getSource('./debian/prepare')} "$1"`,
    `--customize-hook=sh ${getSource('./debian/finish')} "$1"`,
  ];
  await run('perl', [mmdebstrap, ...options, readCodename(), root, ...sources], {
    maxBuffer: 64 * mib,
    env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** One partition with the file system, and GRUB in the sectors before it. */
async function writeDisk(root: string, raw: string): Promise<void> {
  const boot = readFileSync(join(root, 'boot/boot.img'));
  const core = readFileSync(join(root, 'boot/core.img'));
  if (sectorBytes + core.length > partitionStart) throw new Error(`GRUB has ${core.length} bytes, too many before the partition`);
  writeFileSync(raw, '');
  truncateSync(raw, diskBytes);
  const kib = (diskBytes - partitionStart) / 1024;
  const mke2fs = findProgram('mke2fs', process.env, ['/usr/sbin', '/sbin']) ?? 'mke2fs';
  await run(mke2fs, ['-q', '-F', '-t', 'ext4', '-d', root, '-E', `offset=${partitionStart},lazy_itable_init=0`, raw, `${kib}k`]);
  const file = openSync(raw, 'r+');
  writeSync(file, buildMbr(boot), 0, sectorBytes, 0);
  writeSync(file, core, 0, core.length, sectorBytes);
  closeSync(file);
}

/** GRUB's boot sector, whose own default is to go on at sector 1, with a table of one active Linux partition. */
function buildMbr(boot: Buffer): Buffer {
  const sector = Buffer.alloc(sectorBytes);
  boot.copy(sector, 0, 0, 440);
  const entry = 446;
  sector.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], entry);
  sector.writeUInt32LE(partitionStart / sectorBytes, entry + 8);
  sector.writeUInt32LE((diskBytes - partitionStart) / sectorBytes, entry + 12);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

function getSource(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
