import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';

/** Rewrites a machine's definition without any code of Bothy. */
export function editDefinition(
  home: string,
  id: string,
  edit: (definition: MachineDefinition) => Partial<MachineDefinition>,
): MachineDefinition {
  const file = join(home, 'machines', id, 'machine.json');
  const before = JSON.parse(readFileSync(file, 'utf8')) as MachineDefinition;
  const definition = { ...before, ...edit(before) };
  writeFileSync(file, JSON.stringify(definition));
  return definition;
}

/** `qemu-img create` of an overlay that names what is below it relative to its own folder. Gives the overlay's path. */
export function createOverlay(overlay: string, backing: string, format = 'qcow2'): string {
  const name = relative(dirname(overlay), backing);
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', name, '-F', format, overlay], { cwd: dirname(overlay) });
  return overlay;
}

/** `qemu-io` commands on an image, such as `write -P 7 0 1M`. */
export function qemuIo(file: string, format: string, ...commands: string[]): void {
  execFileSync('qemu-io', ['-f', format, ...commands.flatMap((command) => ['-c', command]), file], { stdio: 'pipe' });
}

/**
 * Gives `disk0` of a machine that is off two snapshots, as if they had been taken one after the other: each keeps the layer
 * that was written before it. Gives the layers, the oldest first; the last is the present.
 */
export function layerDisk(
  home: string,
  id: string,
): { readonly first: string; readonly second: string; readonly present: string } {
  const folder = join(home, 'machines', id, 'disks');
  const first = join(folder, 'disk0.qcow2');
  const second = createOverlay(join(folder, 'disk0-bbbbbbbb.qcow2'), first);
  const present = createOverlay(join(folder, 'disk0-cccccccc.qcow2'), second);
  const snapshot = (name: string, snapshotId: string, parent: string | null, file: string) => ({
    ...{ id: snapshotId, parent, name, note: '', createdAt: '2026-01-02T03:04:05.000Z', state: 'off' as const },
    layers: [{ disk: 'disk0', file: relative(dirname(folder), file) }],
  });
  editDefinition(home, id, ({ disks }) => ({
    disks: disks.map((disk) => (disk.id === 'disk0' ? { ...disk, file: relative(dirname(folder), present) } : disk)),
    timeline: {
      ...{ current: 'second00', memory: null, merges: [] },
      snapshots: [snapshot('clean', 'first000', null, first), snapshot('tuned', 'second00', 'first000', second)],
    },
  }));
  return { first, second, present };
}
