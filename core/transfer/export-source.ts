import type { DiskBus, MachineConfiguration } from '../../contract/machine.ts';
import type { QemuImg } from '../image/qemu-img.ts';
import type { TaskContext } from '../task/task-list.ts';

/** What other programs get of a machine: its configuration, and its disks as they are now or were in a snapshot. */
export interface ExportSource {
  readonly configuration: MachineConfiguration;
  readonly disks: readonly ExportDisk[];
}

export interface ExportDisk {
  readonly id: string;
  /** The image the guest sees the disk in, absolute. */
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  readonly bus: DiskBus;
}

export interface ExportWork extends TaskContext {
  readonly qemuImg: QemuImg;
}

/** Sizes of the disks in bytes: what the guest sees, and what a copy takes at most. */
export async function measureDisks(
  { disks }: ExportSource,
  { qemuImg, signal }: ExportWork,
): Promise<{ virtualBytes: number[]; copyBytes: number[]; totalBytes: number }> {
  const virtualBytes: number[] = [];
  const copyBytes: number[] = [];
  for (const { path, format } of disks) {
    virtualBytes.push(await qemuImg.readVirtualSize(path, format, signal));
    copyBytes.push(await qemuImg.measure(path, format, { signal }));
  }
  return { virtualBytes, copyBytes, totalBytes: copyBytes.reduce((sum, bytes) => sum + bytes, 0) };
}
