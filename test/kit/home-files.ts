import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { TestHome } from './test-home.ts';

/** A machine as its files tell it, read without code of the core. */
export interface MachineOnDisk {
  readonly folder: string;
  readonly definition: MachineDefinition;
}

/** All machines of a home. */
export function readMachines(home: TestHome): MachineOnDisk[] {
  const machines = join(home.folder, 'machines');
  return readdirSync(machines)
    .filter((name) => /^[0-9a-z]{12}$/.test(name))
    .map((name) => {
      const folder = join(machines, name);
      return { folder, definition: JSON.parse(readFileSync(join(folder, 'machine.json'), 'utf8')) as MachineDefinition };
    });
}

/** The machine of a name or id. */
export function readMachine(home: TestHome, reference: string): MachineOnDisk {
  const machine = readMachines(home).find(({ definition }) => definition.name === reference || definition.id === reference);
  if (machine === undefined) throw new Error(`no machine ${reference} on disk`);
  return machine;
}

/** The layers of the present and of all snapshots, as absolute paths without what they build on. */
export function listNamedLayers({ folder, definition }: MachineOnDisk): string[] {
  const { timeline, disks } = definition;
  const files = [...disks, ...timeline.snapshots.flatMap(({ layers }) => layers)].map(({ file }) => join(folder, file));
  return [...new Set(files)];
}

/** A layer and all it builds on, by the backing file that each qcow2 header names (QEMU's docs/interop/qcow2). */
export function followChain(file: string): string[] {
  const backing = readBackingName(file);
  return backing === undefined ? [file] : [file, ...followChain(resolve(dirname(file), backing))];
}

/** A text that changes when a layer, or one it builds on, is written, replaced or put on another one. */
export function signChain(file: string): string {
  return followChain(file)
    .map((path) => {
      const { ino, size, mtimeNs } = statSync(path, { bigint: true });
      return [path, ino, size, mtimeNs].join(' ');
    })
    .join('\n');
}

/** The ids of the other machines whose files a machine's disks are built from. */
export function listBases(home: TestHome, id: string): string[] {
  const top = join(home.folder, 'machines');
  const files = listNamedLayers(readMachine(home, id)).flatMap(followChain);
  return [...new Set(files.map((file) => relative(top, file).split('/')[0] ?? ''))].filter((owner) => owner !== id);
}

/**
 * What lies in the machines folder and belongs to nothing: a layer that neither a present nor a snapshot of any machine is
 * built from, memory, variables or folders that no `machine.json` names, and whatever a killed process left. Relative paths.
 */
export function listLostFiles(home: TestHome): string[] {
  const top = join(home.folder, 'machines');
  const machines = readMachines(home);
  const layers = new Set(machines.flatMap(listNamedLayers).flatMap(followChain));
  const strangers = readdirSync(top).filter(
    (name) => name !== '.lock-key' && !machines.some(({ folder }) => folder === join(top, name)),
  );
  return [
    ...strangers,
    ...machines.flatMap((machine) => listLostOf(machine, layers).map((file) => relative(top, join(machine.folder, file)))),
  ];
}

function listLostOf({ folder, definition }: MachineOnDisk, layers: ReadonlySet<string>): string[] {
  const { timeline, nvram, tpm } = definition;
  const known = new Set(['machine.json', 'run.json', 'disks', 'logs', 'snapshots', 'thumbnail.png', nvram, tpm, timeline.memory]);
  const snapshots = new Set(timeline.snapshots.map(({ id }) => id));
  return [
    ...readdirSync(folder).filter((name) => !known.has(name)),
    ...listNames(join(folder, 'snapshots'))
      .filter((name) => !snapshots.has(name))
      .map((name) => join('snapshots', name))
      .filter((file) => file !== timeline.memory),
    ...listNames(join(folder, 'disks'))
      .filter((name) => !layers.has(join(folder, 'disks', name)))
      .map((name) => join('disks', name)),
  ];
}

function listNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Offset at byte 8, length at byte 16; nothing for a file that is no qcow2 or stands alone. */
function readBackingName(file: string): string | undefined {
  const head = Buffer.alloc(4096);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  const offset = Number(head.readBigUInt64BE(8));
  if (head.toString('latin1', 0, 3) !== 'QFI' || offset === 0) return undefined;
  return head.toString('utf8', offset, offset + head.readUInt32BE(16));
}
