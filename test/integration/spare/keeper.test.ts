import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createCore } from '../../../core/create-core.ts';
import { createMachineStore } from '../../../core/machine/machine-store.ts';
import { findSpares } from '../../../core/spare/find-spares.ts';
import { resolveHomes } from '../../../core/storage/homes.ts';
import { createLocks } from '../../../core/storage/lock.ts';
import { vmBooted } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import { prepareTinyTemplate } from '../../kit/prepared-template.ts';
import { findProcesses } from '../../kit/processes.ts';
import { type CoreOfTest, getFailure, useCore } from '../../kit/use-core.ts';
import { waitForSpares } from '../../kit/wait-for-spares.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { openWebFace } from '../../kit/web-face.ts';

interface Place extends CoreOfTest {
  readonly templateId: string;
  readonly listSpares: () => string[];
  /** What is in the machines folder beside the template. */
  readonly listOthers: () => string[];
}

const prepared = prepareTinyTemplate({ disks: 1 });

/** A warm template of a boot sector, and nothing else. */
function useTemplate(): Place {
  const made = useCore();
  const { folder, home } = made;
  const { id } = prepared.placeIn(made);
  const store = createMachineStore(resolveHomes(home.environment));
  const listOthers = () => readdirSync(join(folder, 'machines')).filter((name) => name !== '.lock-key' && name !== id);
  return { ...made, templateId: id, listSpares: () => findSpares(store, id).map((spare) => spare.id), listOthers };
}

it('keeps as many as are wanted, of the memory the template has now, and none without it', async () => {
  const { core, listSpares, listOthers } = useTemplate();
  const { template } = core.handlers;
  await template.edit({ template: 'base', keepReady: 2 }, {});
  core.keepReady();
  await waitForSpares(core, 2);
  const [first, second] = listSpares();
  await template.edit({ template: 'base', keepReady: 1 }, {});
  await waitForSpares(core, 1);
  await waitUntil('the other to be gone', () => listOthers().length === 1);
  const [older = ''] = listSpares();
  expect([first, second]).toContain(older);
  await template.rebuild({ template: 'base', readyWhen: 'serial:ready' }, {});
  await waitUntil('one of the new memory', () => listSpares().length === 1 && listSpares()[0] !== older, { timeoutMs: 30_000 });
  await waitForSpares(core, 1);
  await template.edit({ template: 'base', name: 'renamed' }, {});
  const { machine } = await core.handlers.throwaway.create({ template: 'renamed', isOwned: true }, {});
  expect(machine.name).toMatch(/^renamed-/);
  await core.handlers.machine.kill({ machine: machine.id }, {});
  await waitForSpares(core, 1);
  await template.rebuild({ template: 'renamed', cold: true }, {});
  await waitUntil('the last to be gone', () => listOthers().length === 0);
  expect(await template.list({}, {})).toMatchObject([{ warmth: 'cold', keepReady: 1, ready: 0 }]);
});

it('says why it cannot keep one, and does once it can', async () => {
  const { core, folder, templateId, home } = useTemplate();
  const { template } = core.handlers;
  const [warm = ''] = readdirSync(join(folder, 'machines', templateId)).filter((name) => name.startsWith('warm-'));
  const devices = join(folder, 'machines', templateId, warm, 'devices.state');
  const content = readFileSync(devices);
  chmodSync(devices, 0o600);
  writeFileSync(devices, content.fill(0, 100, 200));
  core.keepReady();
  await template.edit({ template: 'base', keepReady: 1 }, {});
  const other = createCore({ environment: home.environment });
  const ask = async () => (await other.handlers.template.list({}, {}))[0]?.readyProblem;
  expect(await waitUntil('the reason, in another process too', ask)).toMatch(/is damaged/);
  expect(await template.list({}, {})).toMatchObject([{ ready: 0, keepReady: 1 }]);
  await template.rebuild({ template: 'base', readyWhen: 'serial:ready' }, {});
  await waitUntil('one to be ready', async () => (await template.list({}, {}))[0]?.ready === 1, { timeoutMs: 60_000 });
  expect(await ask()).toBeNull();
  await other.close();
});

it('a spare that is killed is made again, and one is made of nothing that is deleted', async () => {
  const { core, listSpares, listOthers } = useTemplate();
  await core.handlers.template.edit({ template: 'base', keepReady: 1 }, {});
  core.keepReady();
  await waitForSpares(core, 1);
  const [spare = ''] = listSpares();
  const qemu = findProcesses(`${spare}/qemu.pid`).find(
    ({ commandLine }) => commandLine.startsWith('qemu') || commandLine.includes('/qemu-system'),
  );
  process.kill(qemu?.pid ?? 0, 'SIGKILL');
  await waitUntil('another', () => listSpares().some((id) => id !== spare) && !listSpares().includes(spare), {
    timeoutMs: 45_000,
  });
  await waitForSpares(core, 1);
  await core.handlers.template.delete({ template: 'base' }, {});
  expect(listOthers()).toEqual([]);
  expect(listSpares()).toEqual([]);
});

it('nobody sees one: not by its name, and not as what builds on a machine', async () => {
  const { core, scratch, machine, home } = useCore();
  await vmBooted(core, scratch, 'origin', { guest: 'tiny', disks: 1 });
  const { id } = await core.handlers.template.create({ machine: 'origin', name: 'base', warm: true }, {});
  await machine.kill({ machine: 'origin' }, {});
  await core.handlers.template.edit({ template: 'base', keepReady: 1 }, {});
  core.keepReady();
  await waitForSpares(core, 1);
  const [spare] = findSpares(createMachineStore(resolveHomes(home.environment)), id);
  for (const reference of [spare?.name ?? '', spare?.id ?? '', spare?.id.slice(0, 8) ?? '']) {
    for (const verb of ['info', 'resume', 'kill', 'stats'] as const)
      expect(await getFailure(machine[verb]({ machine: reference }, {}))).toMatchObject({ code: 'not-found' });
  }
  const { images } = await core.handlers.image.list({}, {});
  expect(images.flatMap(({ machine: of, usedBy }) => [of, ...usedBy]).map((link) => link?.id)).not.toContain(spare?.id);
  expect(await machine.relations({ machine: 'origin' }, {})).toEqual({ buildsOn: [], dependents: [{ id, name: 'base' }] });
  expect(await getFailure(machine.delete({ machine: 'origin' }, {}))).toMatchObject({
    message: '“origin” cannot be deleted: “base” builds on its disks.',
  });
});

it('one that is held is thrown away once it can be, and one that hangs is in nobody’s way', async () => {
  const { core, home, listSpares, listOthers } = useTemplate();
  const { template, throwaway, machine } = core.handlers;
  await template.edit({ template: 'base', keepReady: 1 }, {});
  core.keepReady();
  await waitForSpares(core, 1);
  const [held = ''] = listSpares();
  const lock = await createLocks(resolveHomes(home.environment).machines).acquire(held, 'be in the way');
  await template.edit({ template: 'base', keepReady: 0 }, {});
  const since = Date.now();
  await waitUntil('the keeper to have tried', () => Date.now() - since > 7000);
  expect(listSpares()).toEqual([held]);
  await lock.release();
  await waitUntil('it to be gone', () => listOthers().length === 0, { timeoutMs: 45_000 });

  await template.edit({ template: 'base', keepReady: 2 }, {});
  await waitForSpares(core, 2);
  for (const { pid } of listQemus(home)) process.kill(pid, 'SIGSTOP');
  const frozen = listSpares();
  const started = await throwaway.create({ template: 'base', isOwned: true }, {});
  expect(started.phases.map(({ name }) => name)).toEqual(expect.arrayContaining(['lost spare', 'QEMU']));
  expect(await machine.list({}, {})).toMatchObject([{ id: started.machine.id, state: 'running' }]);
  await waitUntil('both to be replaced', () => !listSpares().some((id) => frozen.includes(id)), { timeoutMs: 45_000 });
  await waitForSpares(core, 2);
}, 120_000);

it('one that was claimed for a time ends when that is over, whoever looks', async () => {
  const { core, listOthers } = useTemplate();
  await core.handlers.template.edit({ template: 'base', keepReady: 1 }, {});
  core.keepReady();
  await waitForSpares(core, 1);
  const ends: string[] = [];
  for (const isOwned of [false, true]) {
    await waitForSpares(core, 1);
    const { machine, phases } = await core.handlers.throwaway.create({ template: 'base', ttlSeconds: 4, isOwned }, {});
    expect(phases.map(({ name }) => name)).toContain('claim');
    ends.push(machine.id);
  }
  await core.handlers.template.edit({ template: 'base', keepReady: 0 }, {});
  await waitUntil('both to end', () => ends.every((id) => findProcesses(id).length === 0), { timeoutMs: 15_000 });
  await core.handlers.machine.list({}, {});
  await waitUntil('nothing to be left', () => listOthers().length === 0);
});

it('ends its spares when it closes, and they end with it when it is killed', async () => {
  const { core, home, listSpares, listOthers } = useTemplate();
  await core.handlers.template.edit({ template: 'base', keepReady: 2 }, {});
  const other = createCore({ environment: home.environment });
  other.keepReady();
  await waitForSpares(core, 2);
  await other.close();
  expect(listOthers()).toEqual([]);
  const face = await openWebFace(home.environment);
  await waitForSpares(core, 2);
  const ids = listSpares();
  face.process.kill('SIGKILL');
  await waitUntil('their QEMUs to end', () => ids.every((id) => findProcesses(id).length === 0), { timeoutMs: 5000 });
  // A process that names nothing any more may still be on its way out, and its machine then goes with the look after that.
  await waitUntil('a look that leaves nothing', async () => {
    await core.handlers.machine.list({}, {});
    return listOthers().length === 0;
  });
});
