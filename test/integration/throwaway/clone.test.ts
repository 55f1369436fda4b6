import { describe, expect, it } from 'vitest';
import { hashFolder } from '../../kit/hash-folder.ts';
import { Keeper, type KeeperOptions, vmBooted } from '../../kit/keeper.ts';
import { useCore } from '../../kit/use-core.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

const shapes: readonly (readonly [string, KeeperOptions])[] = [
  ['BIOS with two disks', { guest: 'linux', disks: 2 }],
  ['UEFI', { guest: 'linux', disks: 1, firmware: 'uefi' }],
];

describe.each(shapes)('what is made of a warm template, %s', (_shape, options) => {
  it('goes on from its memory, apart from all others; what is thrown away leaves nothing, and the template is as it was', async () => {
    const { core, scratch } = useCore();
    const original = await vmBooted(core, scratch, 'web', options);
    await original.put('before');
    const template = await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
    expect(template).toMatchObject({ name: 'base', source: 'web', warmth: 'warm', reason: null, usedBy: [] });
    await original.put('after');
    const hash = hashFolder(template.folder);
    const start = async (): Promise<Keeper> => {
      const started = await core.handlers.throwaway.create({ template: 'base', isOwned: true }, {});
      expect(started).toMatchObject({ isWarm: true, notice: null, machine: { throwaway: true, template: 'base' } });
      expect(started.phases.map(({ name }) => name)).toEqual(['fit', 'disks', 'prepare', 'QEMU', 'load']);
      return new Keeper(core, started.machine.id, 'linux');
    };
    const [one, two, staying] = [await start(), await start(), await startWarmClone(core, 'base', 'staying')];
    const disks = options.disks === 2 ? ['before', 'before'] : ['before'];
    expect(await one.get()).toMatchObject({ memory: 'before', disks });
    await one.put('of-one');
    expect(await two.get()).toMatchObject({ memory: 'before', disks });
    await two.put('of-two');
    expect(await staying.get()).toMatchObject({ memory: 'before', disks });
    expect(await one.get()).toMatchObject({ memory: 'of-one' });
    expect(await original.get()).toMatchObject({ memory: 'after' });
    for (const { machine } of [one, two]) {
      expect(await core.handlers.machine.kill({ machine }, {})).toMatchObject({ state: 'off', accelerator: null });
      await expect(core.handlers.machine.info({ machine }, {})).rejects.toMatchObject({ code: 'not-found' });
    }
    expect(hashFolder(template.folder)).toEqual(hash);
    expect(await core.handlers.template.list({}, {})).toMatchObject([{ name: 'base', usedBy: [{ name: 'staying' }] }]);
    expect(await core.handlers.template.check({ template: 'base' }, {})).toMatchObject({ name: 'base', isWhole: true });
  });
});
