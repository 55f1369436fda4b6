import type { MachineInfo } from '../../contract/machine.ts';
import type { MachineLink, Relations } from '../../contract/snapshot.ts';
import { formatPort } from '../parse/port.ts';
import { formatBytes, formatDuration, formatMemory, formatTime } from './format.ts';
import type { Paint } from './style.ts';
import { buildPairs } from './table.ts';

/** What `bothy info` prints: one line per fact, none for what there is nothing to say about. */
export function buildInfoText(machine: MachineInfo, relations: Relations, paint: Paint): string {
  const definition = machine.definition;
  const pairs: [string, string | null | undefined][] = [
    ['Name', machine.name],
    ['Id', machine.id],
    ['State', machine.state],
    ['Throwaway', describeLife(machine)],
    ['Problems', joinLines(machine.problems.map((one) => (one.hint === undefined ? one.message : `${one.message} ${one.hint}`)))],
    ['Accelerator', buildAccelerator(machine)],
    ['Process', machine.pid === null ? null : String(machine.pid)],
    ['Up for', machine.uptimeSeconds === null ? null : formatDuration(machine.uptimeSeconds)],
    ['Memory', machine.memoryMiB === null ? null : formatMemory(machine.memoryMiB)],
    ['CPUs', machine.cpus === null ? null : String(machine.cpus)],
    ['Firmware', machine.firmware],
    ['TPM', definition?.tpm == null ? null : '2.0'],
    ['Kernel', definition?.kernel?.kernel],
    ['CD drive', definition?.cdrom],
    ['Boot order', definition === null ? null : definition.bootOrder.join(', ')],
    [
      'Disks',
      joinLines(machine.disks.map((disk) => `${disk.device}  ${formatBytes(disk.virtualSize)}  ${disk.format}  ${disk.file}`)),
    ],
    ['Snapshots', countSnapshots(machine)],
    ['Builds on', listMachines(relations.buildsOn)],
    ['Built on by', listMachines(relations.dependents)],
    [
      'Network',
      joinLines(
        machine.networks.map((one) => `${one.mode}  ${one.mac}${one.bootFile === null ? '' : `  boots ${one.bootFile}`}`),
      ),
    ],
    ['Ports', joinLines(machine.ports.map(formatPort))],
    ['Addresses', joinLines(machine.addresses)],
    ['Display', machine.display?.path],
    ['Serial line', machine.serial?.path],
    ['Serial log', machine.serial?.log],
    ['Agent', machine.agent],
    ['Tags', machine.tags.join(', ')],
    ['Created', machine.createdAt],
    ['Folder', machine.folder],
    ['Next start', joinLines(machine.pending.map((one) => `${one.setting}: ${one.now} -> ${one.next}`))],
  ];
  return buildPairs(
    pairs.flatMap(([label, value]) => (value === null || value === undefined || value === '' ? [] : [[label, value] as const])),
    paint,
  );
}

function describeLife({ throwaway, expiresAt }: MachineInfo): string | null {
  if (!throwaway) return null;
  return expiresAt === undefined ? 'gone when it is off' : `gone at ${formatTime(expiresAt)}, or when it is off`;
}

function buildAccelerator(machine: MachineInfo): string | null {
  const chosen = machine.accelerator ?? machine.definition?.accelerator ?? null;
  return chosen === null ? null : machine.notice === null ? chosen : `${chosen} (${machine.notice})`;
}

function countSnapshots({ definition }: MachineInfo): string | null {
  if (definition === null || definition.timeline.snapshots.length === 0) return null;
  const { snapshots, current } = definition.timeline;
  const origin = snapshots.find(({ id }) => id === current);
  return origin === undefined ? String(snapshots.length) : `${snapshots.length}; the present grew from “${origin.name}”`;
}

function listMachines(machines: readonly MachineLink[]): string {
  return machines.map(({ name }) => name).join(', ');
}

function joinLines(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : lines.join('\n');
}
