import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findTool } from '../kit/require-tool.ts';
import { median, timeRun } from './measure.ts';

const run = promisify(execFile);
const uri = 'qemu:///system';

/** What is measured of libvirt, where it is installed and running. */
export interface Libvirt {
  /** `virt-clone --auto-clone` of a domain with a copy of the disk; the median in ms, undefined when there is no virt-clone. */
  timeVirtClone(disk: string, scratch: string, rounds: number): Promise<number | undefined>;
  /** `virsh snapshot-create-as` and `snapshot-revert` of a running domain, medians in ms. */
  timeSnapshots(domain: GuestDomain, rounds: number): Promise<{ create: number; revert: number }>;
}

export interface GuestDomain {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  readonly memoryMiB: number;
  /** Resolves when the guest has booted; `serialLog` is the file its first serial line is written to. */
  readonly serialLog: string;
  readonly isReady: () => Promise<unknown>;
}

/** Undefined where `virsh` is missing or no libvirtd answers. */
export async function findLibvirt(): Promise<Libvirt | undefined> {
  const virsh = findTool('virsh');
  if (virsh === undefined) return undefined;
  const isRunning = await run(virsh, ['-c', uri, 'version']).then(
    () => true,
    () => false,
  );
  return isRunning ? { timeVirtClone, timeSnapshots } : undefined;
}

async function timeVirtClone(disk: string, scratch: string, rounds: number): Promise<number | undefined> {
  const virtClone = findTool('virt-clone');
  if (virtClone === undefined) return undefined;
  const copy = join(scratch, 'virt-original.qcow2');
  execFileSync('cp', [disk, copy]);
  const name = `bothy-bench-${process.pid}`;
  define(buildDomain(name, 256, '', copy), scratch);
  const times: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const target = join(scratch, `virt-clone${round}.qcow2`);
      const argv = [virtClone, '--connect', uri, '--original', name, '--name', `${name}-${round}`, '--file', target];
      times.push(await timeRun(argv, process.env));
      execFileSync('virsh', ['-c', uri, 'undefine', `${name}-${round}`], { stdio: 'ignore' });
      execFileSync('rm', ['-f', target]);
    }
  } finally {
    execFileSync('virsh', ['-c', uri, 'undefine', name], { stdio: 'ignore' });
    execFileSync('rm', ['-f', copy]);
  }
  return median(times);
}

async function timeSnapshots(guest: GuestDomain, rounds: number): Promise<{ create: number; revert: number }> {
  const name = `bothy-bench-${process.pid}`;
  const boot = `<kernel>${guest.kernel}</kernel><initrd>${guest.initrd}</initrd><cmdline>${guest.append}</cmdline>`;
  const serial = `<serial type='file'><source path='${guest.serialLog}'/><target port='0'/></serial>`;
  define(buildDomain(name, guest.memoryMiB, boot, guest.disk, serial), dirname(guest.disk));
  const virsh = (...args: string[]): Promise<number> => timeRun(['virsh', '-q', '-c', uri, ...args], process.env);
  const times = { create: [] as number[], revert: [] as number[] };
  await virsh('start', name);
  try {
    await guest.isReady();
    for (let round = 0; round < rounds; round += 1) {
      times.create.push(await virsh('snapshot-create-as', name, `s${round}`));
      times.revert.push(await virsh('snapshot-revert', name, `s${round}`));
      await virsh('snapshot-delete', name, `s${round}`);
    }
  } finally {
    await virsh('destroy', name);
    await virsh('undefine', name, '--snapshots-metadata');
  }
  return { create: median(times.create), revert: median(times.revert) };
}

function define(xml: string, scratch: string): void {
  const file = join(scratch, 'domain.xml');
  writeFileSync(file, xml);
  execFileSync('virsh', ['-q', '-c', uri, 'define', file]);
}

/** An emulated machine, run as whoever runs this, with one disk and no network. */
function buildDomain(name: string, memoryMiB: number, boot: string, disk: string, devices = ''): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>${memoryMiB}</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type>${boot}</os><features><acpi/></features>
<seclabel type='static' model='dac' relabel='no'><label>+${userInfo().uid}:+${userInfo().gid}</label></seclabel><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
${devices}</devices></domain>`;
}
