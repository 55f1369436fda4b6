import type { Check, DoctorReport } from '../../contract/host.ts';
import { helperPrograms } from './helper-programs.ts';
import { findInstallCommand, type InstallThing } from './install-commands.ts';
import type { DeviceState, GroupStanding } from './kvm-device.ts';

/** What was found out about the host, before it is judged. */
export interface Findings extends Omit<DoctorReport, 'checks'> {
  /** Why there is no usable QEMU or qemu-img, and what mends it. */
  readonly qemuProblem: Problem | null;
  readonly qemuImgProblem: Problem | null;
  readonly device: DeviceState;
  readonly kvmDevice: string;
  readonly standing: GroupStanding;
  readonly osRelease: string;
}

interface Problem {
  readonly message: string;
  readonly hint: string | undefined;
}

const lowMemoryMiB = 1024;
const gibibyte = 1024 ** 3;
const lowDiskBytes = 10 * gibibyte;
const noDiskBytes = gibibyte / 2;

/** Judges the findings, the most important first. */
export function buildChecks(found: Findings): Check[] {
  return [
    checkQemu(found),
    ...checkFeatures(found),
    checkQemuImg(found),
    checkKvm(found),
    checkKvmAccess(found),
    ...checkFirmware(found),
    checkMemory(found),
    checkDisk(found),
    checkCpus(found),
    ...checkHelpers(found),
  ];
}

function checkQemu({ qemu, qemuProblem }: Findings): Check {
  const about = { id: 'qemu', title: 'QEMU' };
  if (qemu !== null && qemuProblem === null) {
    return {
      ...about,
      status: 'ok',
      message: `Version ${qemu.version} with machine type ${qemu.machineType}: ${qemu.path}`,
      fix: null,
    };
  }
  const { message, hint } = qemuProblem ?? { message: 'QEMU was not found.', hint: undefined };
  return { ...about, status: 'failed', message, fix: hint ?? null };
}

/** What machines need of QEMU, and what it costs to be without. */
const neededFeatures: readonly { feature: string; status: 'failed' | 'warning'; lack: string }[] = [
  { feature: 'virtio-vga', status: 'failed', lack: 'has no virtio-vga device, so machines have no screen' },
  { feature: 'usb-tablet', status: 'failed', lack: 'has no usb-tablet device, so the pointer cannot follow yours' },
  {
    feature: 'user-network',
    status: 'warning',
    lack: 'was built without user networking (slirp), so machines cannot reach the network',
  },
  {
    feature: 'sandbox',
    status: 'warning',
    lack: 'was built without its sandbox (seccomp), so a machine that breaks out is not held back',
  },
];

function checkFeatures({ qemu }: Findings): Check[] {
  if (qemu === null) return [];
  const about = { id: 'qemu-features', title: 'QEMU features' };
  const lacking = neededFeatures.filter(({ feature }) => qemu.features[feature] !== true);
  if (lacking.length === 0) return [{ ...about, status: 'ok', message: 'This QEMU has all that machines need.', fix: null }];
  return lacking.map(({ feature, status, lack }) => ({
    id: `${about.id}-${feature}`,
    title: about.title,
    status,
    message: `${qemu.path} ${lack}.`,
    fix: 'Install the rest of your distribution’s QEMU packages, or let BOTHY_QEMU name another QEMU.',
  }));
}

function checkQemuImg({ qemuImg, qemuImgProblem }: Findings): Check {
  const about = { id: 'qemu-img', title: 'qemu-img' };
  if (qemuImg !== null) return { ...about, status: 'ok', message: `Version ${qemuImg.version}: ${qemuImg.path}`, fix: null };
  const { message, hint } = qemuImgProblem ?? { message: 'qemu-img was not found.', hint: undefined };
  return { ...about, status: 'failed', message, fix: hint ?? null };
}

function checkKvm({ kvm }: Findings): Check {
  return { id: 'kvm', title: 'KVM', status: kvm.usable ? 'ok' : 'warning', message: kvm.message, fix: kvm.fix };
}

function checkKvmAccess({ device, kvmDevice, standing, kvm }: Findings): Check {
  const about = { id: 'kvm-access', title: 'Access to KVM' };
  if (device.kind === 'absent') {
    return { ...about, status: 'ok', message: `There is no ${kvmDevice}, so nobody needs a right to it.`, fix: null };
  }
  if (device.kind === 'open') {
    const through = standing.isInSession ? ` through the group ${standing.group}` : '';
    return { ...about, status: 'ok', message: `The user ${standing.user} may open ${kvmDevice}${through}.`, fix: null };
  }
  return { ...about, status: 'warning', message: `The user ${standing.user} may not open ${kvmDevice}.`, fix: kvm.fix };
}

function checkFirmware({ firmware, osRelease }: Findings): Check[] {
  const judge = (id: string, title: string, found: string | null, thing: InstallThing, status: Check['status']): Check => ({
    id,
    title,
    status: found === null ? status : 'ok',
    message: found ?? `Not installed, so machines cannot use it.`,
    fix: found === null ? (findInstallCommand(osRelease, [thing]) ?? null) : null,
  });
  return [
    judge('firmware-bios', 'BIOS firmware', firmware.bios ? 'SeaBIOS is installed.' : null, 'qemu', 'failed'),
    judge('firmware-uefi', 'UEFI firmware', firmware.uefi, 'uefi', 'warning'),
    judge('firmware-uefi-secure', 'UEFI firmware with Secure Boot', firmware.uefiSecure, 'uefi', 'warning'),
  ];
}

function checkMemory({ memory }: Findings): Check {
  const message = `${memory.availableMiB} of ${memory.totalMiB} MiB are available.`;
  const isLow = memory.availableMiB < lowMemoryMiB;
  return {
    id: 'memory',
    title: 'Memory',
    status: isLow ? 'warning' : 'ok',
    message,
    fix: isLow ? 'Close something, or give machines less memory.' : null,
  };
}

function checkDisk({ disk }: Findings): Check {
  const about = { id: 'disk', title: 'Disk space' };
  const message = `${(disk.freeBytes / gibibyte).toFixed(1)} GiB are free in ${disk.folder}.`;
  if (disk.freeBytes >= lowDiskBytes) return { ...about, status: 'ok', message, fix: null };
  const fix = 'Make room, or let BOTHY_HOME name a folder on a larger disk.';
  return { ...about, status: disk.freeBytes < noDiskBytes ? 'failed' : 'warning', message, fix };
}

function checkCpus({ cpus }: Findings): Check {
  const message = cpus === 1 ? 'One CPU, which machines share with everything else.' : `${cpus} CPUs.`;
  return { id: 'cpus', title: 'CPUs', status: 'ok', message, fix: null };
}

/** Bothy works without any of them, so their absence is no warning. */
function checkHelpers({ helpers, osRelease }: Findings): Check[] {
  return helperPrograms.map(({ name, lack }) => {
    const path = helpers[name] ?? null;
    return {
      id: `helper-${name}`,
      title: `${name} (optional)`,
      status: 'ok',
      message: path ?? `Not installed; without it, there ${lack}.`,
      fix: path === null ? (findInstallCommand(osRelease, [name]) ?? null) : null,
    };
  });
}
