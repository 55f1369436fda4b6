import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** What became of opening the KVM device. `identity` changes when the module is loaded anew. */
export type DeviceState =
  | { readonly kind: 'open'; readonly identity: string; readonly groupId: number; readonly mode: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'denied'; readonly groupId: number | undefined; readonly mode: number };

/** Opens the device as QEMU would; opening is the only answer that counts for access lists and container policies. */
export function probeKvmDevice(path: string): DeviceState {
  try {
    const file = openSync(path, constants.O_RDWR);
    try {
      const status = fstatSync(file);
      if (!status.isCharacterDevice()) return { kind: 'absent' };
      return { kind: 'open', identity: `${path}:${status.rdev}:${status.ino}`, groupId: status.gid, mode: status.mode };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') return { kind: 'absent' };
    return buildDenied(path);
  }
}

function buildDenied(path: string): DeviceState {
  try {
    const status = statSync(path);
    return { kind: 'denied', groupId: status.gid, mode: status.mode };
  } catch {
    return { kind: 'denied', groupId: undefined, mode: 0 };
  }
}

/** How this user stands to the group that may open the device. */
export interface GroupStanding {
  /** Null when the device's group is not allowed to open it, or has no name. */
  readonly group: string | null;
  readonly user: string;
  /** Whether /etc/group lists the user. */
  readonly isListed: boolean;
  /** Whether this session has the group; it gets those of its login. */
  readonly isInSession: boolean;
}

/** Looks up who may open the device, which explains how the device opened or what would make it open. */
export function readGroupStanding(device: DeviceState): GroupStanding {
  const user = readUserName();
  const { groupId, mode } = device.kind === 'absent' ? { groupId: undefined, mode: 0 } : device;
  const mayGroup = groupId !== undefined && groupId !== 0 && (mode & 0o060) === 0o060;
  const entry = mayGroup ? findGroup(readText('/etc/group'), groupId) : undefined;
  if (groupId === undefined || entry === undefined) return { group: null, user, isListed: false, isInSession: false };
  return {
    group: entry.name,
    user,
    isListed: entry.members.includes(user),
    isInSession: (process.getgroups?.() ?? []).includes(groupId),
  };
}

/** Finds a group in the text of /etc/group (group(5)): `name:password:id:member,member`. */
export function findGroup(text: string, id: number): { name: string; members: string[] } | undefined {
  for (const line of text.split('\n')) {
    const [name, , groupId, members] = line.split(':');
    if (name === undefined || name === '' || members === undefined || groupId !== String(id)) continue;
    return { name, members: members.split(',').filter((member) => member !== '') };
  }
  return undefined;
}

/** Processor model and what it says of virtualization, from the first entry of /proc/cpuinfo. */
export function parseCpuInfo(text: string): { model: string; extension: 'vmx' | 'svm' | null; isVirtual: boolean } {
  const value = (name: string): string => new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const flags = value('flags').split(' ');
  const extension = flags.includes('vmx') ? 'vmx' : flags.includes('svm') ? 'svm' : null;
  return { model: value('model name'), extension, isVirtual: flags.includes('hypervisor') };
}

/** Reads the beginning only: the kernel writes the text as it is read, and a big host has hundreds of entries. */
export function readCpuInfo(): string {
  const buffer = Buffer.alloc(4096);
  try {
    const file = openSync('/proc/cpuinfo', 'r');
    try {
      return buffer.toString('latin1', 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
