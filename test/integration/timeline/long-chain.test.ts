import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tinyMachine, useCore } from '../../kit/use-core.ts';
import { playLongChain } from '../../rounds/long-chain.ts';

const mib = 1024 ** 2;

it('a dozen snapshots of a machine that is on are taken and deleted while it stays on (short form)', async () => {
  await playLongChain(useCore(), 12);
});

it('the layers of the original are merged at the look after its last clone was deleted', async () => {
  const { machine, folder } = useCore();
  const { id } = await machine.create({ name: 'original', ...tinyMachine, diskSize: 64 * mib }, {});
  const disks = (): string[] => readdirSync(join(folder, 'machines', id, 'disks'));
  await machine.clone({ machine: id, name: 'clone' }, {});
  expect(disks()).toHaveLength(2);
  await machine.delete({ machine: 'clone' }, {});
  await machine.list({}, {});
  expect(disks()).toEqual(['disk0.qcow2']);
});

it('a clone has a kernel of its own when its original brought one', async () => {
  const { machine, folder, scratch } = useCore();
  const outside = join(scratch, 'vmlinuz');
  writeFileSync(outside, 'kernel');
  const { id } = await machine.create({ name: 'imported', ...tinyMachine, source: { type: 'kernel', kernel: outside } }, {});
  const inside = join(folder, 'machines', id, 'boot/kernel');
  mkdirSync(join(inside, '..'));
  writeFileSync(inside, 'kernel');
  await machine.set({ machine: id, settings: { kernel: { kernel: inside, initrd: null, append: '' } } }, {});
  const clone = await machine.clone({ machine: id, name: 'clone' }, {});
  await machine.delete({ machine: id }, {});
  const { definition } = await machine.info({ machine: clone.id }, {});
  expect(definition?.kernel?.kernel).toBe(join(folder, 'machines', clone.id, 'boot/kernel'));
  expect(readFileSync(definition?.kernel?.kernel ?? '', 'utf8')).toBe('kernel');
});
