import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getLinuxGuest } from '../../guests/index.ts';
import { openGuestShell } from '../../kit/guest-shell.ts';
import { type Keeper, vmBooted } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { findTool, requireOrSkip } from '../../kit/require-tool.ts';
import { skipWithoutGuests } from '../../kit/skip-without-guests.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

type Core = ReturnType<typeof useCore>['core'];

/** What a template is made of, beside a machine that runs; each leaves the guest with “then” and puts “now” afterwards if it can. */
const sources: readonly {
  readonly what: string;
  readonly prepare: (core: Core, keeper: Keeper) => Promise<{ snapshot?: string; state: string }>;
}[] = [
  {
    what: 'a paused machine',
    prepare: async (core) => {
      await core.handlers.machine.pause({ machine: 'web' }, {});
      return { state: 'paused' };
    },
  },
  {
    what: 'a suspended machine',
    prepare: async (core) => {
      await core.handlers.machine.suspend({ machine: 'web' }, {});
      return { state: 'suspended' };
    },
  },
  {
    what: 'a snapshot with memory',
    prepare: async (core, keeper) => {
      await core.handlers.snapshot.create({ machine: 'web', name: 'then' }, {});
      await keeper.put('now');
      return { snapshot: 'then', state: 'running' };
    },
  },
];

describe.each(sources)('a warm template of $what', ({ prepare }) => {
  it.each([false, true])('has the memory and the disks of then, and leaves its machine as it is; full: %s', async (isFull) => {
    const { core, scratch, home } = useCore();
    const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
    await original.put('then');
    const { snapshot, state } = await prepare(core, original);
    const wish = { machine: 'web', name: 'base', warm: true, full: isFull, ...(snapshot === undefined ? {} : { snapshot }) };
    const made = await core.handlers.template.create(wish, {});
    expect(made).toMatchObject({ warmth: 'warm', buildsOn: isFull ? [] : [{ name: 'web' }] });
    expect(readdirSync(made.folder).filter((name) => name.startsWith('suspended'))).toEqual([]);
    expect((await core.handlers.machine.list({}, {}))[0]).toMatchObject({ name: 'web', state });
    expect(listQemus(home)).toHaveLength(state === 'suspended' ? 0 : 1);

    const clone = await startWarmClone(core, 'base', 'one', 'tiny');
    expect(await clone.get()).toEqual({ memory: 'then', disks: ['then', 'then'] });
    if (state === 'paused') await core.handlers.machine.resume({ machine: 'web' }, {});
    if (state === 'suspended') await core.handlers.machine.start({ machine: 'web' }, {});
    expect((await original.get()).memory).toBe(snapshot === undefined ? 'then' : 'now');
    expect(await core.handlers.template.check({ template: 'base' }, {})).toMatchObject({ isWhole: true });
  });
});

it('is not made warm of a snapshot without memory unless somebody says when a boot of it is ready', async () => {
  const { core, scratch } = useCore();
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  await original.put('then');
  await core.handlers.machine.kill({ machine: 'web' }, {});
  await core.handlers.snapshot.create({ machine: 'web', name: 'off' }, {});
  await original.boot();
  await original.put('now');
  const wish = { machine: 'web', name: 'base', snapshot: 'off', warm: true };
  expect(await getFailure(core.handlers.template.create(wish, {}))).toMatchObject({
    code: 'invalid-input',
    message: 'The snapshot “off” of “web” has no memory, so it has to be booted to be warmed.',
  });
  await core.handlers.template.create({ ...wish, readyWhen: 'serial:ready' }, {});
  const clone = await startWarmClone(core, 'base', 'one', 'tiny');
  expect(await clone.get()).toMatchObject({ disks: ['then'] });
});

it('has the state of the TPM, and one emulator for each clone', async (context) => {
  skipWithoutGuests(context);
  requireOrSkip(context, findTool('swtpm') !== undefined, 'swtpm is not installed');
  const { core, machine } = useCore();
  const { packedKernel, initrd, append } = await getLinuxGuest();
  const source = { type: 'kernel', kernel: packedKernel, initrd, append } as const;
  const settings = { tpm: true, memoryMiB: 256, cpus: 1, accelerator: 'tcg', network: 'user' } as const;
  await machine.create({ name: 'web', source, ...settings, start: true }, {});
  const shell = await openGuestShell(core, 'web');
  await shell.waitForBoot();
  const made = await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
  expect(made).toMatchObject({ warmth: 'warm', network: 'user' });
  await machine.kill({ machine: 'web' }, {});
  const { files } = await core.handlers.template.check({ template: 'base' }, {});
  expect(files.map(({ file }) => file.replace(/-[0-9a-z]{8}/, ''))).toContain(join('warm', 'tpm', 'tpm2-00.permall'));
  for (const name of ['one', 'two']) {
    await startWarmClone(core, 'base', name);
    const clone = await openGuestShell(core, name);
    expect(await clone.run('cat /sys/class/tpm/tpm0/tpm_version_major')).toBe('2');
  }
});
