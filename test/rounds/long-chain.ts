import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type CoreOfTest, tinyMachine } from '../kit/use-core.ts';

const mib = 1024 ** 2;

/** Takes so many snapshots of a machine that is on, deletes one in the middle, the last, and then all, while it stays on. */
export async function playLongChain({ core, machine, folder }: CoreOfTest, count: number): Promise<void> {
  const { snapshot } = core.handlers;
  const { id } = await machine.create({ name: 'long', ...tinyMachine, diskSize: 64 * mib, extraDisks: [64 * mib] }, {});
  await machine.start({ machine: id }, {});
  for (let taken = 0; taken < count; taken += 1) await snapshot.create({ machine: id }, {});
  await snapshot.delete({ machine: id, snapshot: `Snapshot ${count / 2}` }, {});
  await snapshot.delete({ machine: id, snapshot: `Snapshot ${count}` }, {});
  const { snapshots } = await snapshot.delete({ machine: id, snapshot: 'Snapshot 1', descendants: true }, {});
  expect(snapshots).toHaveLength(count - 2);
  expect((await machine.info({ machine: id }, {})).state).toBe('running');
  expect(readdirSync(join(folder, 'machines', id, 'disks')).sort()).toEqual(['disk0.qcow2', 'disk1.qcow2']);
  expect(readdirSync(join(folder, 'machines', id, 'snapshots'))).toEqual([]);
}
