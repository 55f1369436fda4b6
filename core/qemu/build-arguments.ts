import { basename, dirname, join } from 'node:path';
import type { Accelerator, BootDevice, DiskDefinition, MachineConfiguration } from '../../contract/machine.ts';
import { commandChannels, machineFile, runtimeFile } from '../storage/file-names.ts';

/** What of the host a command line depends on. Absolute paths. */
export interface HostChoices {
  readonly qemu: string;
  readonly accelerator: Accelerator;
  /** QEMU's `-cpu`: `host` with KVM, `max` (all that can be emulated) with TCG, unless the host needs it otherwise. */
  readonly cpu: string;
  /** Whether this QEMU was built with user networking (slirp), and with its sandbox (seccomp). */
  readonly hasUserNetwork: boolean;
  readonly hasSandbox: boolean;
  readonly folder: string;
  readonly runtimeFolder: string;
  /** UEFI code image and its format; null for BIOS. */
  readonly firmwareCode: { readonly path: string; readonly format: 'raw' | 'qcow2' } | null;
  /** A file that is the guest's memory; null for anonymous memory. */
  readonly memoryFile: MemoryFile | null;
}

/**
 * `shared`: the guest writes into the file, which becomes a template's memory. `private`: it sees the file's content and keeps
 * what it writes to itself; `read-only` the same, where QEMU can open the file without the right to write (from 9.0 on).
 */
export interface MemoryFile {
  readonly path: string;
  readonly mapping: 'shared' | 'private' | 'read-only';
}

/**
 * The whole command line of a machine: a pure function, so it can be shown without running it and kept as golden files.
 * Paths go through JSON `-blockdev` where QEMU allows it, else with commas doubled (qemu(1), "Device options").
 */
export function buildArguments(machine: MachineConfiguration, host: HostChoices): string[] {
  return [
    host.qemu,
    ...identity(machine),
    ...processor(machine, host),
    ...memory(machine, host),
    ...firmware(machine, host),
    ...monitors(host),
    ...disks(machine, host),
    ...cdrom(machine),
    ...(host.hasUserNetwork || machine.network.mode === 'unplugged' ? network(machine, host) : []),
    ...display(host),
    ...channels(host),
    ...entropyAndGeneration(),
    ...tpm(machine, host),
    ...directKernel(machine),
    ...(host.hasSandbox ? sandbox() : []),
    ...machine.extraArguments,
  ];
}

/**
 * Every device has its place on the bus for good: a guest names its network card after it, and saved memory only fits a
 * machine with the same places, so a disk more or less must not move the others.
 */
const slot = { video: 1, network: 2, usb: 3, channels: 4, entropy: 5, firstDisk: 8 } as const;

/** QEMU reads `addr` as hexadecimal. */
function formatSlot(number: number): string {
  return `0x${number.toString(16)}`;
}

/** Doubles commas, which otherwise separate the options of one argument. */
function escapeCommas(text: string): string {
  return text.replaceAll(',', ',,');
}

function identity(machine: MachineConfiguration): string[] {
  return [
    '-name',
    `guest=${escapeCommas(machine.name)},debug-threads=on`,
    '-uuid',
    machine.uuid,
    '-no-user-config',
    '-nodefaults',
  ];
}

function processor(machine: MachineConfiguration, host: HostChoices): string[] {
  const options = [machine.machineType, 'memory-backend=pc.ram', 'vmport=off'];
  if (machine.firmware === 'uefi-secure') options.push('smm=on');
  if (host.firmwareCode !== null) options.push('pflash0=firmware-code', 'pflash1=firmware-variables');
  const accelerator = host.accelerator === 'kvm' ? ['-enable-kvm'] : ['-accel', 'tcg'];
  return [
    '-machine',
    options.join(','),
    ...accelerator,
    '-cpu',
    host.cpu,
    '-smp',
    `cpus=${machine.cpus},sockets=1,cores=${machine.cpus},threads=1`,
  ];
}

/** The backend is called `pc.ram`, the name of the RAM block of a plain `-m`, so saved memory fits any kind of backend. */
function memory(machine: MachineConfiguration, { memoryFile }: HostChoices): string[] {
  const size = `${machine.memoryMiB}M`;
  const backend =
    memoryFile === null
      ? `memory-backend-ram,id=pc.ram,size=${size}`
      : `memory-backend-file,id=pc.ram,size=${size},mem-path=${escapeCommas(memoryFile.path)},${mappingOptions[memoryFile.mapping]}`;
  return ['-m', size, '-object', backend, '-rtc', 'base=utc'];
}

const mappingOptions = { shared: 'share=on', private: 'share=off', 'read-only': 'share=off,readonly=on,rom=off' } as const;

function firmware(machine: MachineConfiguration, host: HostChoices): string[] {
  if (host.firmwareCode === null) return [];
  return [
    ...blockdev({
      driver: host.firmwareCode.format,
      'node-name': 'firmware-code',
      'read-only': true,
      file: { driver: 'file', filename: host.firmwareCode.path, 'read-only': true },
    }),
    ...blockdev({
      driver: 'raw',
      'node-name': 'firmware-variables',
      file: { driver: 'file', filename: join(host.folder, machine.nvram ?? machineFile.nvram) },
    }),
    ...(machine.firmware === 'uefi-secure' ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
  ];
}

/** Two monitors for commands, and one on standard input and output that logs every event to a file (docs/architecture.md). */
function monitors(host: HostChoices): string[] {
  return [
    '-pidfile',
    join(host.runtimeFolder, runtimeFile.pid),
    '-chardev',
    'stdio,id=events,signal=off',
    '-mon',
    'chardev=events,mode=control',
    ...runtimeFile.monitors.flatMap((name, index) => [
      '-chardev',
      `socket,id=monitor${index},path=${escapeCommas(join(host.runtimeFolder, name))},server=on,wait=off`,
      '-mon',
      `chardev=monitor${index},mode=control`,
    ]),
  ];
}

function disks(machine: MachineConfiguration, host: HostChoices): string[] {
  return machine.disks.flatMap((disk, index) => [
    ...blockdev({
      driver: disk.format,
      'node-name': disk.id,
      discard: 'unmap',
      file: { driver: 'file', 'node-name': `${disk.id}-file`, filename: join(host.folder, disk.file), discard: 'unmap' },
    }),
    '-device',
    `${diskDevice(machine, disk, index)},drive=${disk.id}${bootIndex(machine, 'disk', index)}`,
  ]);
}

/** The CD drive has the first port of the SATA controller that q35 brings. */
function diskDevice(machine: MachineConfiguration, disk: DiskDefinition, index: number): string {
  if (disk.bus === 'virtio') return `virtio-blk-pci,id=${disk.id}-device,addr=${formatSlot(slot.firstDisk + index)}`;
  const port = 1 + machine.disks.filter(({ bus }) => bus === 'sata').indexOf(disk);
  return `ide-hd,id=${disk.id}-device,bus=ide.${port}`;
}

/** Every machine has the drive, so a medium can be put in while it runs. */
function cdrom(machine: MachineConfiguration): string[] {
  const medium =
    machine.cdrom === null
      ? []
      : blockdev({
          driver: 'raw',
          'node-name': 'cd0',
          'read-only': true,
          file: { driver: 'file', filename: machine.cdrom, 'read-only': true },
        });
  return [
    ...medium,
    '-device',
    `ide-cd,id=cd0-device,bus=ide.0${machine.cdrom === null ? '' : ',drive=cd0'}${bootIndex(machine, 'cdrom', 0)}`,
  ];
}

function network(machine: MachineConfiguration, { hasUserNetwork }: HostChoices): string[] {
  const { mode, mac, ports, bootFile } = machine.network;
  if (mode === 'none') return [];
  const device = `virtio-net-pci,id=net0-device,addr=${formatSlot(slot.network)},netdev=net0,mac=${mac}${bootIndex(machine, 'network', 0)}`;
  // QEMU's own network has a part in saved memory, so one that leads nowhere takes its place: nothing gets out of it, nor in.
  if (mode === 'unplugged')
    return ['-netdev', hasUserNetwork ? 'user,id=net0,restrict=on' : 'hubport,id=net0,hubid=0', '-device', device];
  const options = ['user', 'id=net0', ...ports.map((port) => `hostfwd=${port.protocol}:127.0.0.1:${port.host}-:${port.guest}`)];
  if (bootFile !== null) {
    if (/^[a-z]+:\/\//.test(bootFile)) options.push(`bootfile=${escapeCommas(bootFile)}`);
    else options.push(`tftp=${escapeCommas(dirname(bootFile))}`, `bootfile=${escapeCommas(basename(bootFile))}`);
  }
  return ['-netdev', options.join(','), '-device', device];
}

/**
 * The tablet gives absolute coordinates, so the guest's pointer is where the person points. `vnc=` is written out: left
 * out, QEMU takes a path with an equals sign for an option's name.
 */
function display(host: HostChoices): string[] {
  return [
    '-display',
    'none',
    '-vnc',
    `vnc=unix:${escapeCommas(join(host.runtimeFolder, runtimeFile.vnc))},share=force-shared`,
    '-device',
    `virtio-vga,id=video0,addr=${formatSlot(slot.video)}`,
    '-device',
    `qemu-xhci,id=xhci,addr=${formatSlot(slot.usb)}`,
    '-device',
    'usb-tablet,id=tablet0,bus=xhci.0',
  ];
}

/**
 * The serial line is logged by QEMU itself, so nothing is lost when nobody looks; the agent channel is for a guest agent, the
 * others carry what commands in the guest read and write (core/agent/).
 */
function channels(host: HostChoices): string[] {
  const socket = (id: string, name: string): string =>
    `socket,id=${id},path=${escapeCommas(join(host.runtimeFolder, name))},server=on,wait=off`;
  return [
    '-chardev',
    `${socket('serial0', runtimeFile.serial)},logfile=${escapeCommas(join(host.folder, machineFile.serialLog))},logappend=on`,
    '-serial',
    'chardev:serial0',
    '-device',
    `virtio-serial-pci,id=channels,addr=${formatSlot(slot.channels)}`,
    '-chardev',
    socket('agent0', runtimeFile.agent),
    '-device',
    'virtserialport,bus=channels.0,chardev=agent0,name=org.qemu.guest_agent.0',
    ...commandChannels.flatMap(({ name, socket: file }) => [
      '-chardev',
      socket(name, file),
      '-device',
      `virtserialport,bus=channels.0,chardev=${name},name=dev.bothy.${name}`,
    ]),
  ];
}

/**
 * The generation id is another at each start, so a guest whose memory goes on a second time learns of it and stirs its random
 * numbers (qemu, docs/specs/vmgenid). There is no balloon: one in a clone could punch holes into the memory of its template.
 */
function entropyAndGeneration(): string[] {
  return [
    '-object',
    'rng-random,id=rng0,filename=/dev/urandom',
    '-device',
    `virtio-rng-pci,rng=rng0,addr=${formatSlot(slot.entropy)}`,
    '-device',
    'vmgenid,guid=auto',
  ];
}

/** The emulator is a program of its own, started before QEMU (core/qemu/tpm-emulator.ts). */
function tpm(machine: MachineConfiguration, host: HostChoices): string[] {
  if (machine.tpm === null) return [];
  return [
    '-chardev',
    `socket,id=tpm0-chardev,path=${escapeCommas(join(host.runtimeFolder, runtimeFile.tpm))}`,
    '-tpmdev',
    'emulator,id=tpm0,chardev=tpm0-chardev',
    '-device',
    'tpm-crb,id=tpm0-device,tpmdev=tpm0',
  ];
}

function directKernel(machine: MachineConfiguration): string[] {
  if (machine.kernel === null) return [];
  const { kernel, initrd, append } = machine.kernel;
  return ['-kernel', kernel, ...(initrd === null ? [] : ['-initrd', initrd]), ...(append === '' ? [] : ['-append', append])];
}

function sandbox(): string[] {
  return ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
}

/** Firmware tries devices in this order; several disks keep their own order. Place 0 is QEMU's own for a direct kernel. */
function bootIndex(machine: MachineConfiguration, device: BootDevice, unit: number): string {
  const place = machine.bootOrder.indexOf(device);
  return place === -1 ? '' : `,bootindex=${place * 100 + unit + 1}`;
}

function blockdev(options: object): string[] {
  return ['-blockdev', JSON.stringify(options)];
}
