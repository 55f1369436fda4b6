import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../../../contract/app-error.ts';
import { getQuickDemoGuest } from '../../guests/index.ts';
import { hashFolder } from '../../kit/hash-folder.ts';
import { Keeper, vmBooted, vmDefined } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { useSmallDisk } from '../../kit/small-disk.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';

it('is warmed by a boot until the agent answers, and its clones answer at once, with and without network', async (context) => {
  skipWithoutGuests(context);
  const { core, machine } = useCore();
  const { kernel, initrd, append } = await getQuickDemoGuest();
  const source = { type: 'kernel', kernel, initrd, append } as const;
  await machine.create({ name: 'web', source, memoryMiB: 256, cpus: 1, diskSize: 1024 ** 3, accelerator: 'tcg' }, {});
  const wish = { machine: 'web', name: 'base', warm: true, readyWhen: 'agent', full: true };
  expect(await core.handlers.template.create(wish, {})).toMatchObject({ warmth: 'warm', network: 'user', buildsOn: [] });
  await machine.delete({ machine: 'web' }, {});
  for (const network of ['user', 'none'] as const) {
    const { machine: clone, isWarm, notice } = await core.handlers.throwaway.create({ template: 'base', network }, {});
    expect({ isWarm, notice }).toEqual({ isWarm: true, notice: null });
    const look = 'ip link set eth0 up; cat /sys/class/net/eth0/carrier; ping -c 1 -W 2 10.0.2.2 >/dev/null && echo there';
    const { stdout } = await machine.exec({ machine: clone.id, command: ['sh', '-c', look] }, {});
    expect({ network, stdout }).toEqual({ network, stdout: network === 'user' ? '1\nthere\n' : '0\n' });
    await machine.kill({ machine: clone.id }, {});
  }
  expect((await core.handlers.template.check({ template: 'base' }, {})).isWhole).toBe(true);
});

it('is warmed anew while machines are made of it, and each goes on from one memory or the other', async () => {
  const { core, scratch, home } = useCore();
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  await original.put('kept');
  const { template, throwaway, machine } = core.handlers;
  await template.create({ machine: 'web', name: 'base', warm: true }, {});
  let isDone = false;
  const rebuilding = template.rebuild({ template: 'base', readyWhen: 'serial:ready' }, {}).finally(() => {
    isDone = true;
  });
  const names: string[] = [];
  do {
    const { machine: clone, isWarm } = await throwaway.create({ template: 'base' }, {});
    expect(isWarm).toBe(true);
    names.push(clone.id);
  } while (!isDone && names.length < 30);
  const { warmth, usedBy } = await rebuilding;
  expect(warmth).toBe('warm');
  // The last one may have been made after the template was looked at.
  expect(names.length - usedBy.length).toBeOneOf([0, 1]);
  const last = await throwaway.create({ template: 'base' }, {});
  const memories = [];
  for (const id of [...names, last.machine.id]) {
    const kept = await new Keeper(core, id, 'tiny').get();
    expect(kept.disks).toEqual(['kept', 'kept']);
    memories.push(kept.memory);
  }
  expect(memories[0]).toBe('kept');
  expect(memories.at(-1)).toBeNull();
  const { folder } = await template.edit({ template: 'base', note: 'done' }, {});
  const before = hashFolder(folder);
  for (const id of [...names, last.machine.id]) await machine.kill({ machine: id }, {});
  await template.list({}, {});
  expect(hashFolder(folder)).toEqual(before);
  expect(listQemus(home)).toHaveLength(1);
});

it('is deleted, or is not, while machines are made of it: both end clearly', async () => {
  const { core, scratch, home } = useCore();
  await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  const { template, throwaway } = core.handlers;
  for (let round = 0; round < 4; round += 1) {
    await template.create({ machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' }, {});
    const making = [0, 1, 2].map(() => throwaway.create({ template: 'base' }, {}));
    const outcomes = await Promise.allSettled([...making, template.delete({ template: 'base' }, {})]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toBeInstanceOf(AppError);
      expect(['not-found', 'wrong-state', 'busy']).toContain((outcome.reason as AppError).code);
    }
    const made = outcomes.slice(0, 3).flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const isDeleted = outcomes[3]?.status === 'fulfilled';
    // A machine that was made has what it needs.
    if (isDeleted) expect(made).toEqual([]);
    for (const value of made) {
      const { id } = (value as Awaited<(typeof making)[number]>).machine;
      await new Keeper(core, id, 'tiny').get();
      await core.handlers.machine.kill({ machine: id }, {});
    }
    if (!isDeleted) await template.delete({ template: 'base' }, {});
    expect(await template.list({}, {})).toEqual([]);
    expect(listQemus(home)).toEqual([]);
    const left = readdirSync(join(home.folder, 'machines')).filter((name) => !name.startsWith('.lock'));
    expect(left).toHaveLength(1);
  }
});

it('is not made warm of a machine with a device whose state cannot be saved, and nothing is left of it', async () => {
  const { core, scratch, home } = useCore();
  const extraArguments = ['-device', 'nvme,serial=1'];
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1, extraArguments });
  await original.put('kept');
  const wish = { machine: 'web', name: 'base', warm: true };
  expect(await getFailure(core.handlers.template.create(wish, {}))).toMatchObject({
    code: 'wrong-state',
    message: expect.stringMatching(/^The memory of “web” cannot be saved: .*nvme/),
  });
  expect(await core.handlers.template.list({}, {})).toEqual([]);
  expect(await original.get()).toMatchObject({ memory: 'kept' });
  await core.handlers.machine.kill({ machine: 'web' }, {});
  expect(await getFailure(core.handlers.template.create({ ...wish, readyWhen: 'serial:ready' }, {}))).toMatchObject({
    code: 'wrong-state',
  });
  expect(await core.handlers.template.list({}, {})).toEqual([]);
  expect(listQemus(home)).toEqual([]);
});

it('is not made where its memory does not fit, and its machine goes on', async (context) => {
  const { core, scratch, home } = useCore();
  const disk = useSmallDisk(context, home.folder, 256 * 1024 * 1024);
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  await original.put('kept');
  const names = () => readdirSync(join(home.folder, 'machines')).toSorted();
  const before = names();
  for (const leftBytes of [50, 20, 1].map((mib) => mib * 1024 * 1024)) {
    disk.fill(leftBytes);
    const wish = { machine: 'web', name: 'base', warm: true };
    expect(await getFailure(core.handlers.template.create(wish, {}))).toMatchObject({ code: 'not-enough-space' });
    disk.empty();
    // A disk may be too full to tidy up on; the next look does that.
    expect(await core.handlers.template.list({}, {})).toEqual([]);
    expect(names()).toEqual(before);
    expect(await original.get()).toMatchObject({ memory: 'kept', disks: ['kept'] });
  }
  expect(listQemus(home)).toHaveLength(1);
  expect(await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {})).toMatchObject({ warmth: 'warm' });
  await core.handlers.template.delete({ template: 'base' }, {});
  await core.handlers.machine.kill({ machine: 'web' }, {});
});

it('is made of a throwaway too, which then vanishes, and of a machine of another template, which that one needs', async () => {
  const { core, scratch } = useCore();
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  await original.put('first');
  const { template, throwaway, machine } = core.handlers;
  await template.create({ machine: 'web', name: 'base', warm: true }, {});
  const { id } = (await throwaway.create({ template: 'base', name: 'try' }, {})).machine;
  await new Keeper(core, id, 'tiny').put('second');
  expect(await template.create({ machine: 'try', name: 'next', warm: true }, {})).toMatchObject({ warmth: 'warm', buildsOn: [] });
  expect((await machine.clone({ machine: 'try', name: 'copy' }, {})).state).toBe('off');
  expect(await machine.relations({ machine: 'copy' }, {})).toMatchObject({ buildsOn: [] });
  await machine.kill({ machine: id }, {});
  const clone = await throwaway.create({ template: 'next' }, {});
  expect(await new Keeper(core, clone.machine.id, 'tiny').get()).toEqual({ memory: 'second', disks: ['second', 'second'] });

  await machine.create({ name: 'linked', source: { type: 'template', template: 'base' } }, {});
  await template.create({ machine: 'linked', name: 'third' }, {});
  expect(await getFailure(template.delete({ template: 'base', detach: true }, {}))).toMatchObject({
    code: 'wrong-state',
    message: '“base” cannot be deleted: the template “third” builds on it.',
    hint: 'Delete that first: `bothy template delete third`.',
  });
  await template.delete({ template: 'third' }, {});
  await template.delete({ template: 'base', detach: true }, {});
});
