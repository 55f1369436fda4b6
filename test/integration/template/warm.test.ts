import { describe, expect, it } from 'vitest';
import { hashFolder } from '../../kit/hash-folder.ts';
import { type KeeperOptions, vmBooted } from '../../kit/keeper.ts';
import { useCore } from '../../kit/use-core.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

const shapes: readonly (readonly [string, KeeperOptions])[] = [
  ['BIOS with two disks', { guest: 'linux', disks: 2 }],
  ['UEFI', { guest: 'linux', disks: 1, firmware: 'uefi' }],
];

describe.each(shapes)('a warm template of a running machine, %s', (_shape, options) => {
  it('has clones that go on from that moment, apart from each other, and stays as it is', async () => {
    const { core, scratch, home } = useCore();
    const original = await vmBooted(core, scratch, 'web', options);
    await original.put('before');
    const template = await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
    expect(template).toMatchObject({ name: 'base', source: 'web', warmth: 'warm', reason: null, usedBy: [] });
    await original.put('after');
    const hash = hashFolder(template.folder);

    const one = await startWarmClone(core, home.environment, 'base', 'one');
    const two = await startWarmClone(core, home.environment, 'base', 'two');
    const disks = options.disks === 2 ? ['before', 'before'] : ['before'];
    expect(await one.get()).toMatchObject({ memory: 'before', disks });
    await one.put('of-one');
    expect(await two.get()).toMatchObject({ memory: 'before', disks });
    expect(await original.get()).toMatchObject({ memory: 'after' });
    expect(await one.get()).toMatchObject({ memory: 'of-one' });
    expect(hashFolder(template.folder)).toEqual(hash);
    expect(await core.handlers.template.check({ template: 'base' }, {})).toMatchObject({ name: 'base', isWhole: true });
  });
});
