import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { qemuImg } from './disk-images.ts';
import type { TestHome } from './test-home.ts';
import { writePng } from './write-png.ts';

/** A snapshot of a machine that is written by hand. */
export interface WrittenSnapshot {
  readonly id: string;
  readonly parent: string | null;
  readonly name: string;
  readonly note?: string;
  readonly state: 'off' | 'running' | 'paused';
  /** How many hours before now it was taken. */
  readonly hoursAgo: number;
}

/**
 * Writes a machine with a whole timeline, without any code of Bothy: real layers by qemu-img, memory that is only large, and
 * pictures. It can be looked at, edited and deleted; what is called its memory cannot be started.
 */
export function writeTimelineMachine(
  home: TestHome,
  { id, name, current, snapshots }: { id: string; name: string; current: string; snapshots: readonly WrittenSnapshot[] },
): void {
  const folder = join(home.scratch, id);
  for (const part of ['disks', 'logs', 'snapshots']) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  const layerOf = (snapshot: string) => (snapshot === snapshots[0]?.id ? 'disk0.qcow2' : `disk0-${snapshot}.qcow2`);
  const makeLayer = (file: string, parent: string | null) =>
    qemuImg(
      'create',
      '-q',
      '-f',
      'qcow2',
      ...linkTo(parent === null ? null : layerOf(parent)),
      join(folder, 'disks', file),
      '1G',
    );

  const configuration = {
    schemaVersion: 3,
    id,
    name,
    uuid: '7a1f0c9e-52d4-4c8b-9a65-3f0e8d1b2c47',
    createdAt: new Date(Date.now() - 1000 * hourMs).toISOString(),
    tags: [],
    memoryMiB: 512,
    cpus: 1,
    firmware: 'bios',
    accelerator: 'tcg',
    machineType: 'pc-q35-7.2',
    disks: [{ id: 'disk0', file: 'disks/disk0-0present.qcow2', format: 'qcow2', bus: 'virtio' }],
    nvram: null,
    tpm: null,
    cdrom: null,
    bootOrder: ['disk'],
    kernel: null,
    network: { mode: 'user', mac: '52:54:00:ab:cd:ef', ports: [], bootFile: null },
    extraArguments: [],
  };
  for (const [index, { id: snapshot, parent, state }] of snapshots.entries()) {
    makeLayer(layerOf(snapshot), parent);
    qemuImg(
      'bench',
      '-w',
      '-q',
      '-c',
      String(1 + (index % 4)),
      '-s',
      '256k',
      '-f',
      'qcow2',
      join(folder, 'disks', layerOf(snapshot)),
    );
    const own = join(folder, 'snapshots', snapshot);
    mkdirSync(own, { mode: 0o700 });
    writeFileSync(
      join(own, 'saved.json'),
      JSON.stringify({ schemaVersion: 1, savedAt: configuration.createdAt, configuration, memory: null }),
    );
    if (state === 'off') continue;
    writeFileSync(join(own, 'memory.state'), Buffer.alloc((3 + (index % 5)) * 100_000, 1));
    writePng(join(own, 'thumbnail.png'), { width: 160, height: 120 }, paintScreen(index));
  }
  makeLayer('disk0-0present.qcow2', current);
  const records = snapshots.map(({ hoursAgo, note = '', ...snapshot }) => ({
    ...snapshot,
    note,
    createdAt: new Date(Date.now() - hoursAgo * hourMs).toISOString(),
    layers: [{ disk: 'disk0', file: `disks/${layerOf(snapshot.id)}` }],
  }));
  const timeline = { current, memory: null, snapshots: records, merges: [] };
  const definition = { ...configuration, timeline, template: null, throwaway: null, origin: null };
  writeFileSync(join(folder, 'machine.json'), JSON.stringify(definition, null, 2));
  // Whoever watches finds it whole.
  renameSync(folder, join(home.folder, 'machines', id));
}

const hourMs = 3_600_000;

function linkTo(backing: string | null): readonly string[] {
  return backing === null ? [] : ['-F', 'qcow2', '-b', backing];
}

/** Something that looks like a text screen, a desktop or an installer from afar. */
function paintScreen(seed: number): (x: number, y: number) => readonly [number, number, number] {
  if (seed % 3 === 0)
    return (x, y) =>
      y % 8 < 5 && (x * 7 + ((y / 8) | 0) * 31 + seed * 13) % 11 < 6 && x < 40 + ((((y / 8) | 0) * 37) % 100)
        ? [190, 190, 190]
        : [0, 0, 0];
  if (seed % 3 === 1) return (x, y) => (x > 24 && x < 110 && y > 20 && y < 84 ? [238, 238, 236] : [43 + x / 4, 70, 110 + y / 3]);
  return (x, y) => (x > 12 && x < 148 && y > 10 && y < 110 ? (y > 50 && y < 58 ? [176, 0, 0] : [170, 170, 170]) : [0, 0, 170]);
}

/** Twenty snapshots with three branches beside the trunk: what a machine may look like after weeks of use. */
export const twentySnapshots: readonly WrittenSnapshot[] = [
  {
    id: '01000000',
    parent: null,
    name: 'Fresh install',
    note: 'Debian 12, standard utilities, no desktop',
    state: 'off',
    hoursAgo: 960,
  },
  { id: '02000000', parent: '01000000', name: 'Packages', state: 'off', hoursAgo: 940 },
  { id: '03000000', parent: '02000000', name: 'nginx set up', note: 'answers on 8080', state: 'running', hoursAgo: 720 },
  { id: '04000000', parent: '03000000', name: 'With certificates', state: 'running', hoursAgo: 700 },
  {
    id: '05000000',
    parent: '03000000',
    name: 'Try apache instead',
    note: 'to compare the memory it takes',
    state: 'off',
    hoursAgo: 690,
  },
  { id: '06000000', parent: '05000000', name: 'apache tuned', state: 'running', hoursAgo: 680 },
  { id: '07000000', parent: '06000000', name: 'apache with php', state: 'running', hoursAgo: 670 },
  { id: '08000000', parent: '04000000', name: 'Database', state: 'running', hoursAgo: 480 },
  {
    id: '09000000',
    parent: '08000000',
    name: 'Before the upgrade',
    note: 'postgres 15; the dump is in /root',
    state: 'running',
    hoursAgo: 330,
  },
  { id: '10000000', parent: '09000000', name: 'Upgrade, attempt 1', state: 'paused', hoursAgo: 320 },
  { id: '11000000', parent: '10000000', name: 'Upgrade, half done', state: 'paused', hoursAgo: 318 },
  { id: '12000000', parent: '09000000', name: 'Upgrade, attempt 2', state: 'running', hoursAgo: 300 },
  { id: '13000000', parent: '12000000', name: 'Upgraded', state: 'running', hoursAgo: 290 },
  { id: '14000000', parent: '13000000', name: 'Snapshot 14', state: 'running', hoursAgo: 220 },
  {
    id: '15000000',
    parent: '13000000',
    name: 'A name as long as names may be, to see what becomes of it where there is no room',
    note: 'and a note that is longer still, going on about why this was taken and what should be looked at before it is used again',
    state: 'off',
    hoursAgo: 200,
  },
  { id: '16000000', parent: '15000000', name: 'Snapshot 16', state: 'off', hoursAgo: 120 },
  { id: '17000000', parent: '14000000', name: 'Snapshot 17', state: 'running', hoursAgo: 75 },
  { id: '18000000', parent: '17000000', name: 'Snapshot 18', state: 'running', hoursAgo: 26 },
  { id: '19000000', parent: '18000000', name: 'Green build', note: 'all 412 tests pass', state: 'running', hoursAgo: 5 },
  { id: '20000000', parent: '19000000', name: 'Snapshot 20', state: 'running', hoursAgo: 0.3 },
];
