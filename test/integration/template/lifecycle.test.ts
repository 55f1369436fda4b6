import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashFolder } from '../../kit/hash-folder.ts';
import { vmBooted, vmDefined } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

it('makes a cold template that is no machine to anybody, and keeps its machine from being deleted', async () => {
  const { core, machine, scratch } = useCore();
  await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  const made = await core.handlers.template.create({ machine: 'web', name: 'base', note: 'two disks' }, {});
  expect(made).toMatchObject({ warmth: 'cold', reason: null, note: 'two disks', memoryBytes: 0, buildsOn: [{ name: 'web' }] });
  expect((await machine.list({}, {})).map(({ name }) => name)).toEqual(['web']);
  const calls: (() => Promise<unknown>)[] = [
    () => machine.start({ machine: 'base' }, {}),
    () => machine.delete({ machine: 'base' }, {}),
    () => machine.info({ machine: made.id }, {}),
    () => core.handlers.snapshot.create({ machine: 'base' }, {}),
    () => core.handlers.template.delete({ template: 'web' }, {}),
  ];
  for (const call of calls) expect(await getFailure(Promise.resolve().then(call))).toMatchObject({ code: 'wrong-state' });
  expect(await getFailure(machine.delete({ machine: 'web' }, {}))).toMatchObject({
    code: 'wrong-state',
    message: '“web” cannot be deleted: “base” builds on its disks.',
    hint: 'Delete the template “base” first: `bothy template delete base`.',
  });
  const images = (await core.handlers.image.list({}, {})).images.filter(({ machine: owner }) => owner?.name === 'base');
  expect(images.map(({ role }) => role)).toEqual(['shared', 'shared']);
  expect(images.map(({ file }) => statSync(file).mode & 0o777)).toEqual([0o444, 0o444]);
  expect(await getFailure(core.handlers.template.create({ machine: 'web', name: 'base' }, {}))).toMatchObject({
    code: 'name-taken',
  });
  await core.handlers.template.delete({ template: 'base' }, {});
  await machine.delete({ machine: 'web' }, {});
  expect(await core.handlers.template.list({}, {})).toEqual([]);
});

it('makes a full template that needs nothing of its machine', async () => {
  const { core, machine, scratch } = useCore();
  await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const made = await core.handlers.template.create({ machine: 'web', name: 'base', full: true }, {});
  expect(made.buildsOn).toEqual([]);
  await machine.delete({ machine: 'web' }, {});
  expect(await core.handlers.template.check({ template: 'base' }, {})).toMatchObject({ isWhole: true });
});

it('warms by a boot, makes it cold, and warms it again', async () => {
  const { core, scratch } = useCore();
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  await original.put('kept');
  await core.handlers.machine.kill({ machine: 'web' }, {});
  expect(await getFailure(core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {}))).toMatchObject({
    code: 'invalid-input',
    message: '“web” is off, so it has to be booted to be warmed.',
  });
  const steps: string[] = [];
  const made = await core.handlers.template.create(
    { machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' },
    { progress: (_fraction, step) => steps.push(step) },
  );
  expect(made).toMatchObject({ warmth: 'warm', readyWhen: 'serial:ready' });
  expect(steps.join('\n')).toMatch(/Starting the guest[\s\S]*Waiting for the guest \(serial:ready\)[\s\S]*Freezing the guest/);
  const clone = await startWarmClone(core, 'base', 'one', 'tiny');
  expect(await clone.get()).toMatchObject({ disks: ['kept', 'kept'] });

  const cold = await core.handlers.template.rebuild({ template: 'base', cold: true }, {});
  expect(cold).toMatchObject({ warmth: 'cold', memoryBytes: 0, usedBy: [{ name: 'one', throwaway: false }] });
  await clone.put('other');
  expect(await core.handlers.template.rebuild({ template: 'base' }, {})).toMatchObject({ warmth: 'warm' });
  expect(await core.handlers.template.check({ template: 'base' }, {})).toMatchObject({ isWhole: true });
  const two = await startWarmClone(core, 'base', 'two', 'tiny');
  expect(await two.get()).toMatchObject({ disks: ['kept', 'kept'] });
  expect(await clone.get()).toMatchObject({ memory: 'other', disks: ['other', 'other'] });
});

it.each(['create', 'rebuild'] as const)(
  'takes back what was begun when %s is cancelled, or its guest is never ready',
  async (verb) => {
    const { core, scratch, home } = useCore();
    await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 1 });
    const { template } = core.handlers;
    if (verb === 'rebuild') await template.create({ machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' }, {});
    const before = await template.list({}, {});
    const hash = hashFolder(join(home.folder, 'machines'));
    const begin = (context: object, timeoutSeconds: number) =>
      verb === 'create'
        ? template.create({ machine: 'web', name: 'base', warm: true, readyWhen: 'serial:never', timeoutSeconds }, context)
        : template.rebuild({ template: 'base', readyWhen: 'serial:never', timeoutSeconds }, context);

    const controller = new AbortController();
    const progress = (_fraction: number | null, step: string): void => {
      if (step.startsWith('Waiting')) controller.abort();
    };
    expect(await getFailure(begin({ signal: controller.signal, progress }, 60))).toMatchObject({ code: 'cancelled' });
    expect(listQemus(home)).toEqual([]);
    expect(await template.list({}, {})).toEqual(before);

    expect(await getFailure(begin({}, 1))).toMatchObject({ code: 'timed-out' });
    expect(listQemus(home)).toEqual([]);
    const after = await template.list({}, {});
    expect(after).toEqual(before.map((one) => ({ ...one, sizeBytes: expect.any(Number) })));
    const layers = (hashes: Record<string, string>) => Object.entries(hashes).filter(([name]) => /disks\/|warm-/.test(name));
    expect(layers(hashFolder(join(home.folder, 'machines')))).toEqual(layers(hash));
  },
);

it('is renamed, and refuses a name that is taken', async () => {
  const { core, scratch } = useCore();
  await vmDefined(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const { template } = core.handlers;
  const { id } = await template.create({ machine: 'web', name: 'base' }, {});
  expect(await template.edit({ template: 'base', name: 'ground', note: 'n' }, {})).toMatchObject({
    id,
    name: 'ground',
    note: 'n',
  });
  expect(await getFailure(template.edit({ template: 'ground', name: 'web' }, {}))).toMatchObject({ code: 'name-taken' });
  expect(await getFailure(template.edit({ template: 'ground', name: 'a b' }, {}))).toMatchObject({ code: 'invalid-input' });
  expect(await getFailure(template.edit({ template: 'base', note: '' }, {}))).toMatchObject({ code: 'not-found' });
});

it('is deleted with its users made independent, running ones too', async () => {
  const { core, scratch } = useCore();
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  await original.put('kept');
  const { template } = core.handlers;
  await template.create({ machine: 'web', name: 'base', warm: true }, {});
  const clone = await startWarmClone(core, 'base', 'one', 'tiny');
  await clone.put('own');
  expect(await getFailure(template.delete({ template: 'base' }, {}))).toMatchObject({
    code: 'wrong-state',
    message: '“base” cannot be deleted: “one” builds on its disks.',
    hint: 'Make it independent first: `bothy template delete base --detach`.',
  });
  await template.delete({ template: 'base', detach: true }, {});
  await core.handlers.machine.kill({ machine: 'web' }, {});
  await core.handlers.machine.delete({ machine: 'web' }, {});
  expect(await clone.get()).toMatchObject({ memory: 'own', disks: ['own', 'own'] });
  await core.handlers.machine.kill({ machine: 'one' }, {});
  await waitUntil('the clone to be off', async () =>
    (await core.handlers.machine.list({}, {})).every(({ state }) => state === 'off'),
  );
  await clone.boot();
  expect(await clone.get()).toMatchObject({ disks: ['own', 'own'] });
});
