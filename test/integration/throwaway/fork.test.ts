import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMachineStore } from '../../../core/machine/machine-store.ts';
import { resolveHomes } from '../../../core/storage/homes.ts';
import { collect } from '../../kit/built-cli.ts';
import { checkImage } from '../../kit/image-facts.ts';
import { Keeper, vmBooted } from '../../kit/keeper.ts';
import { spawnBothy } from '../../kit/run-bothy.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const tiny = { guest: 'tiny', disks: 2 } as const;

it('a fork goes on from the same moment, and a fork of that too; none sees another', async () => {
  const { core, machine, scratch } = useCore();
  const first = await vmBooted(core, scratch, 'web', tiny);
  await first.put('start');
  const forked = await machine.fork({ machine: 'web' }, {});
  expect(forked).toMatchObject({ machine: { name: 'web-fork', state: 'running', throwaway: false } });
  expect(forked.pausedMs).toEqual(expect.any(Number));
  const second = new Keeper(core, forked.machine.id, 'tiny');
  await second.put('second');
  const third = new Keeper(core, (await machine.fork({ machine: 'web-fork', name: 'third' }, {})).machine.id, 'tiny');
  await third.put('third');
  expect(await first.get()).toEqual({ memory: 'start', disks: ['start', 'start'] });
  expect(await second.get()).toEqual({ memory: 'second', disks: ['second', 'second'] });
  expect(await third.get()).toEqual({ memory: 'third', disks: ['third', 'third'] });
  const macs = await Promise.all(
    ['web', 'web-fork', 'third'].map(async (name) => (await machine.info({ machine: name }, {})).networks),
  );
  expect(new Set(macs.map((networks) => networks[0]?.mac)).size).toBe(3);
  expect(await getFailure(machine.fork({ machine: 'web', name: 'third' }, {}))).toMatchObject({ code: 'name-taken' });
  expect(await getFailure(machine.delete({ machine: 'third' }, {}))).toMatchObject({ code: 'wrong-state' });
});

it('a paused machine has a fork that is paused, a suspended one goes on in its fork and stays as it is', async () => {
  const { core, machine, scratch } = useCore();
  const first = await vmBooted(core, scratch, 'web', tiny);
  await first.put('start');
  await machine.pause({ machine: 'web' }, {});
  const paused = await machine.fork({ machine: 'web' }, {});
  expect(paused).toMatchObject({ machine: { state: 'paused' }, pausedMs: null });
  expect((await machine.info({ machine: 'web' }, {})).state).toBe('paused');
  await machine.resume({ machine: paused.machine.id }, {});
  const second = new Keeper(core, paused.machine.id, 'tiny');
  expect(await second.get()).toEqual({ memory: 'start', disks: ['start', 'start'] });
  await machine.resume({ machine: 'web' }, {});
  await machine.suspend({ machine: 'web' }, {});
  const third = await machine.fork({ machine: 'web' }, {});
  expect(third).toMatchObject({ machine: { name: 'web-fork2', state: 'running' }, pausedMs: null });
  expect(await new Keeper(core, third.machine.id, 'tiny').get()).toEqual({ memory: 'start', disks: ['start', 'start'] });
  expect((await machine.info({ machine: 'web' }, {})).state).toBe('suspended');
  await machine.kill({ machine: third.machine.id }, {});
  expect(await getFailure(machine.fork({ machine: 'web-fork2' }, {}))).toMatchObject({ code: 'wrong-state' });
});

it('a fork of a throwaway is a normal machine, which needs nothing of it', async () => {
  const { core, machine, scratch, folder } = useCore();
  await (await vmBooted(core, scratch, 'web', tiny)).put('start');
  await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
  const { id } = (await core.handlers.throwaway.create({ template: 'base' }, {})).machine;
  await new Keeper(core, id, 'tiny').put('thrown');
  const fork = (await machine.fork({ machine: id, name: 'stays' }, {})).machine;
  expect(fork).toMatchObject({ throwaway: false, template: 'base' });
  await machine.kill({ machine: id }, {});
  const kept = new Keeper(core, fork.id, 'tiny');
  expect(await kept.get()).toEqual({ memory: 'thrown', disks: ['thrown', 'thrown'] });
  expect(await machine.relations({ machine: 'stays' }, {})).toMatchObject({
    buildsOn: expect.arrayContaining([{ name: 'base', id: expect.any(String) }]),
  });
  await machine.kill({ machine: 'stays' }, {});
  const definition = JSON.parse(readFileSync(join(folder, 'machines', fork.id, 'machine.json'), 'utf8')) as {
    disks: { file: string }[];
  };
  for (const { file } of definition.disks)
    expect(await checkImage(join(folder, 'machines', fork.id, file))).toMatchObject({ corruptions: 0 });
  await kept.boot();
  expect(await kept.get()).toEqual({ memory: null, disks: ['thrown', 'thrown'] });
});

it('one whose maker is killed before it runs is gone at the next look, and the original has its disks in one piece again', async () => {
  const { core, machine, scratch, home, folder } = useCore();
  const first = await vmBooted(core, scratch, 'web', tiny);
  await first.put('start');
  const { id } = await machine.info({ machine: 'web' }, {});
  const disks = join(folder, 'machines', id, 'disks');
  const before = readdirSync(disks).length;
  const child = spawnBothy(home, ['fork', 'web', 'second']);
  const ended = collect(child);
  const store = createMachineStore(resolveHomes(home.environment));
  await waitUntil('it to be made', () => store.list().some(({ name }) => name === 'second'), { intervalMs: 1 });
  child.kill('SIGKILL');
  await ended;
  expect(await machine.list({}, {})).toMatchObject([{ name: 'web', state: 'running' }]);
  expect(await machine.relations({ machine: 'web' }, {})).toEqual({ buildsOn: [], dependents: [] });
  const watching = new AbortController();
  const events = core.handlers.watch.all({}, { signal: watching.signal })[Symbol.asyncIterator]();
  await events.next();
  await waitUntil('what was frozen for it to be merged', () => readdirSync(disks).length === before);
  watching.abort();
  expect(await first.get()).toEqual({ memory: 'start', disks: ['start', 'start'] });
});

it('what a machine uses is told as the kernel counts it', async () => {
  const { core, machine, scratch } = useCore();
  await vmBooted(core, scratch, 'web', tiny);
  await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
  const { id } = (await core.handlers.throwaway.create({ template: 'base' }, {})).machine;
  const stats = await machine.stats({ machine: id }, {});
  expect(stats.memory?.guestBytes).toBe(32 * 1024 ** 2);
  expect(stats.memory?.privateDirtyBytes).toBeGreaterThan(1024 ** 2);
  expect(stats.memory?.privateBytes).toBeGreaterThanOrEqual(stats.memory?.privateDirtyBytes ?? 0);
  expect(stats.moreWouldFit).toBe(Math.floor(stats.host.availableBytes / (stats.memory?.privateDirtyBytes ?? 1)));
  expect(stats.cpuSeconds).toBeGreaterThan(0);
  await machine.kill({ machine: 'web' }, {});
  expect(await machine.stats({ machine: 'web' }, {})).toMatchObject({ memory: null, cpuSeconds: null, moreWouldFit: null });
});
