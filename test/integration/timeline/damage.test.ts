import { readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createCore } from '../../../core/create-core.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { getFailure, tinyMachine, useCore } from '../../kit/use-core.ts';

const mib = 1024 ** 2;
const withDisk = { ...tinyMachine, diskSize: 8 * mib };

function useTimeline() {
  const made = useCore();
  const { snapshot, image } = made.core.handlers;
  const folderOf = (id: string): string => join(made.folder, 'machines', id);
  const readDefinition = (id: string): string => readFileSync(join(folderOf(id), 'machine.json'), 'utf8');
  return { ...made, snapshot, image, folderOf, readDefinition };
}

it('nothing is given up for a snapshot whose chain has a hole, and no other is taken on it', async () => {
  const { machine, snapshot, folderOf, readDefinition } = useTimeline();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  for (const name of ['one', 'two', 'three']) await snapshot.create({ machine: id, name }, {});
  const before = readDefinition(id);
  rmSync(join(folderOf(id), 'disks/disk0.qcow2'));
  const missing = { code: 'image-invalid', message: expect.stringContaining('disk0.qcow2 cannot be used: it is missing') };
  const restored = snapshot.restore({ machine: id, snapshot: 'two', present: 'discard' }, {});
  expect(await getFailure(restored)).toMatchObject(missing);
  expect(await getFailure(snapshot.create({ machine: id }, {}))).toMatchObject(missing);
  expect(await getFailure(machine.clone({ machine: id, name: 'copy' }, {}))).toMatchObject(missing);
  expect(readDefinition(id)).toBe(before);
});

it('no snapshot is taken of saved memory that was cut', async () => {
  const { machine, snapshot, folderOf } = useTimeline();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  await machine.start({ machine: id }, {});
  await machine.suspend({ machine: id }, {});
  const suspended = readdirSync(folderOf(id)).find((name) => name.startsWith('suspended-')) ?? '';
  truncateSync(join(folderOf(id), suspended, 'memory.state'), 1000);
  expect(await getFailure(snapshot.create({ machine: 'web' }, {}))).toMatchObject({
    code: 'image-invalid',
    message: expect.stringContaining('has 1000 bytes instead of'),
    hint: 'Throw the memory away to start from the disks: `bothy kill web`, then `bothy start web`.',
  });
  expect((await snapshot.list({ machine: id }, {})).snapshots).toEqual([]);
});

it('lost UEFI variables or TPM state are named, and leave all as it is', async () => {
  const { machine, snapshot, folderOf } = useTimeline();
  const { id } = await machine.create({ name: 'web', ...tinyMachine, firmware: 'uefi', tpm: true }, {});
  const taken = await snapshot.create({ machine: id, name: 'kept' }, {});
  for (const [name, words] of [
    ['nvram.fd', 'The UEFI variables are lost'],
    ['tpm', 'The TPM’s state is lost'],
  ] as const) {
    const lost = { code: 'image-invalid', message: expect.stringContaining(words) };
    const aside = join(folderOf(id), 'aside');
    const present = join(folderOf(id), name);
    renameSync(present, aside);
    expect(await getFailure(snapshot.create({ machine: id }, {}))).toMatchObject(lost);
    expect(await getFailure(machine.clone({ machine: id, name: 'copy' }, {}))).toMatchObject(lost);
    renameSync(aside, present);
    const saved = join(folderOf(id), 'snapshots', taken.snapshot.id, name);
    renameSync(saved, aside);
    const restored = snapshot.restore({ machine: id, snapshot: 'kept', present: 'keep' }, {});
    expect(await getFailure(restored)).toMatchObject(lost);
    expect(await getFailure(machine.clone({ machine: id, name: 'copy', snapshot: 'kept' }, {}))).toMatchObject(lost);
    renameSync(aside, saved);
  }
  expect((await snapshot.list({ machine: id }, {})).snapshots).toHaveLength(1);
  expect(await machine.list({}, {})).toHaveLength(1);
});

it('a linked clone of a disk that was grown and not yet written to has the new size', async () => {
  const { machine, snapshot, image } = useTimeline();
  const { id } = await machine.create({ name: 'web', ...withDisk }, {});
  await snapshot.create({ machine: id }, {});
  await image.resize({ image: 'web:disk0', size: 20 * mib }, {});
  await machine.clone({ machine: id, name: 'copy' }, {});
  expect((await image.info({ image: 'copy:disk0' }, {})).virtualSize).toBe(20 * mib);
});

it('memory that was saved with KVM is not restored where there is none, and its disks can be used', async () => {
  const home = useTestHome();
  const qemu = join(import.meta.dirname, '../../fixtures/bin/kvm-works/qemu-system-x86_64');
  const { machine } = useCore({}, home);
  const before = createCore({ environment: { ...home.environment, BOTHY_QEMU: qemu }, kvmDevice: '/dev/null' });
  const { id } = await before.handlers.machine.create({ name: 'web', ...withDisk, accelerator: 'auto', start: true }, {});
  await before.handlers.snapshot.create({ machine: id, name: 'live' }, {});
  await before.handlers.machine.suspend({ machine: id }, {});
  await before.close();
  const after = createCore({ environment: home.environment, kvmDevice: '/dev/there-is-no-such-device' });
  const refused = { code: 'accelerator-unavailable', hint: expect.stringContaining('`bothy kill web`, then `bothy start web`') };
  const restored = after.handlers.snapshot.restore({ machine: 'web', snapshot: 'live', present: 'discard' }, {});
  expect(await getFailure(restored)).toMatchObject(refused);
  expect(await getFailure(after.handlers.machine.start({ machine: 'web' }, {}))).toMatchObject(refused);
  expect((await after.handlers.machine.info({ machine: 'web' }, {})).state).toBe('suspended');
  await after.handlers.machine.clone({ machine: 'web', name: 'copy', snapshot: 'live' }, {});
  expect(await after.handlers.machine.start({ machine: 'copy' }, {})).toMatchObject({ state: 'running', accelerator: 'tcg' });
  await after.close();
  expect(await machine.list({}, {})).toHaveLength(2);
});

it('a snapshot that is not there is told with a hint that can be typed', async () => {
  const { machine, snapshot } = useTimeline();
  await machine.create({ name: 'web', ...withDisk }, {});
  const calls = [
    () => snapshot.restore({ machine: 'web', snapshot: 'no' }, {}),
    () => snapshot.delete({ machine: 'web', snapshot: 'no' }, {}),
    () => machine.clone({ machine: 'web', name: 'copy', snapshot: 'no' }, {}),
  ];
  for (const call of calls) {
    expect(await getFailure(call())).toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('`bothy snapshot list web`'),
    });
  }
});
