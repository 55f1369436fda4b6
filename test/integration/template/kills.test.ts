import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TemplateInfo } from '../../../contract/template.ts';
import { timelineMarkPrefix } from '../../../core/storage/file-names.ts';
import { collect } from '../../kit/built-cli.ts';
import { type Keeper, vmBooted } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { spawnBothy } from '../../kit/run-bothy.ts';
import { type CoreOfTest, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

/** Seconds. The longest takes about three on a quiet host, of which the guest is waited for during one or two. */
const places = [0.1, 0.25, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5];

/** Kills a command at a moment, looks, and expects that nothing of it is left but what it had done. */
async function killAt({ core, home }: CoreOfTest, args: readonly string[], seconds: number): Promise<TemplateInfo[]> {
  const child = spawnBothy(home, args);
  const ended = collect(child);
  await delay(seconds * 1000);
  child.kill('SIGKILL');
  await ended;
  // What QEMU was asked for last may still be under way.
  const list = () => core.handlers.template.list({}, {});
  await waitUntil('the QEMU that was warmed to end', async () => (await list()).length >= 0 && listQemus(home).length <= 1);
  const templates = await list();
  // A mark asks for layers to be merged, which a look does not wait for.
  const isLeftover = (name: string): boolean => !name.startsWith('.lock') && !name.startsWith(timelineMarkPrefix);
  const names = readdirSync(join(home.folder, 'machines')).filter(isLeftover);
  expect(names.toSorted()).toEqual(
    (await core.handlers.machine.list({}, {}))
      .map(({ id }) => id)
      .concat(templates.map(({ id }) => id))
      .toSorted(),
  );
  for (const { name, folder } of templates) {
    expect((await core.handlers.template.check({ template: name }, {})).files.filter(({ problem }) => problem !== null)).toEqual(
      [],
    );
    expect(readdirSync(folder).filter((one) => one.startsWith('warm-')).length).toBeLessThan(2);
  }
  return templates;
}

async function useMachine(options: { disks: 1 | 2 }): Promise<{ test: CoreOfTest; original: Keeper }> {
  const test = useCore();
  const original = await vmBooted(test.core, test.scratch, 'web', { guest: 'tiny', ...options });
  await original.put('kept');
  return { test, original };
}

it('making one of a machine that runs can be killed at any moment: it is there or not, and the machine goes on', async () => {
  const { test, original } = await useMachine({ disks: 2 });
  for (const seconds of places) {
    const templates = await killAt(test, ['template', 'create', 'web', 'base', '--warm'], seconds);
    expect(await original.get()).toEqual({ memory: 'kept', disks: ['kept', 'kept'] });
    if (templates.length === 0) continue;
    if (templates[0]?.warmth !== 'warm') await test.core.handlers.template.rebuild({ template: 'base' }, {});
    await test.core.handlers.template.delete({ template: 'base' }, {});
  }
});

it('warming one again can be killed at any moment: it is as before or as after, and its clones go on', async () => {
  const { test } = await useMachine({ disks: 2 });
  await test.core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
  await test.core.handlers.machine.kill({ machine: 'web' }, {});
  const clone = await startWarmClone(test.core, 'base', 'one', 'tiny');
  for (const seconds of places) {
    const [template] = await killAt(test, ['template', 'rebuild', 'base', '--wait-for', 'serial:ready'], seconds);
    expect(template).toMatchObject({ warmth: 'warm' });
    expect(await clone.get()).toEqual({ memory: 'kept', disks: ['kept', 'kept'] });
  }
  const last = await startWarmClone(test.core, 'base', 'two', 'tiny');
  expect((await last.get()).disks).toEqual(['kept', 'kept']);
});
