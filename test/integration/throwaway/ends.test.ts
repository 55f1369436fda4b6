import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { ThrowawayWish } from '../../../contract/throwaway.ts';
import { createCore } from '../../../core/create-core.ts';
import { hashFolder } from '../../kit/hash-folder.ts';
import { prepareTinyTemplate } from '../../kit/prepared-template.ts';
import { findProcesses } from '../../kit/processes.ts';
import { startThrowawayElsewhere } from '../../kit/start-elsewhere.ts';
import { type CoreOfTest, getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const prepared = prepareTinyTemplate({ disks: 2 });

/** A warm template of a boot sector, and nothing else. */
function useTemplate(): CoreOfTest & { templateFolder: string; list: () => string[] } {
  const made = useCore();
  const { folder } = made;
  const template = prepared.placeIn(made);
  const hash = hashFolder(template.folder);
  onTestFinished(() => expect(hashFolder(template.folder)).toEqual(hash));
  const list = (): string[] =>
    readdirSync(join(folder, 'machines')).filter((name) => name !== '.lock-key' && name !== template.id);
  return { ...made, templateFolder: template.folder, list };
}

/** Starts a throwaway from another process, and waits until it runs. */
async function startElsewhere(
  home: CoreOfTest['home'],
  wish: ThrowawayWish,
): Promise<{ id: string; pid: number; kill: () => void }> {
  const { started, pid, kill } = startThrowawayElsewhere(home, wish);
  return { id: await started, pid, kill };
}

it('ends with the process that wanted it, and is gone at the next look', async () => {
  const { home, machine, list } = useTemplate();
  const owner = await startElsewhere(home, { template: 'base', isOwned: true });
  expect(await machine.list({}, {})).toMatchObject([{ id: owner.id, state: 'running', throwaway: true }]);
  owner.kill();
  await waitUntil('its QEMU and the watcher to end', () => findProcesses(owner.id).length === 0, { timeoutMs: 3000 });
  expect(await machine.list({}, {})).toEqual([]);
  expect(list()).toEqual([]);
});

it('ends when its time is over, with an owner or without one, whoever looks', async () => {
  const { home, core, machine, list } = useTemplate();
  // The one that takes longer to come first: its process has to start.
  const owned = await startElsewhere(home, { template: 'base', ttlSeconds: 6, isOwned: true });
  const alone = await core.handlers.throwaway.create({ template: 'base', ttlSeconds: 6 }, {});
  expect(alone.machine.expiresAt).toBeDefined();
  expect(await machine.list({}, {})).toHaveLength(2);
  await waitUntil('both to end', () => [alone.machine.id, owned.id].every((id) => findProcesses(id).length === 0), {
    timeoutMs: 12_000,
  });
  expect(await machine.list({}, {})).toEqual([]);
  expect(list()).toEqual([]);
});

it('is kept or thrown away, and never both, when both are asked for at once', async () => {
  const { core, machine } = useTemplate();
  for (const delayMs of [0, 5, 20, 60]) {
    const { id } = (await core.handlers.throwaway.create({ template: 'base', name: 'wanted' }, {})).machine;
    const keeping = core.handlers.throwaway.keep({ machine: id }, {});
    const ending = delay(delayMs).then(() => machine.kill({ machine: id, ifThrowaway: true }, {}));
    const [kept, ended] = await Promise.allSettled([keeping, ending]);
    const list = await machine.list({}, {});
    if (kept.status === 'rejected') {
      expect(list).toEqual([]);
      continue;
    }
    expect(list).toMatchObject([{ id, state: 'running', throwaway: false }]);
    if (ended.status === 'rejected') expect(ended.reason).toMatchObject({ code: 'wrong-state' });
    await machine.kill({ machine: id }, {});
    await machine.delete({ machine: id }, {});
  }
});

it('is kept as it is when it is paused, and goes on then', async () => {
  const { core, machine } = useTemplate();
  const { id } = (await core.handlers.throwaway.create({ template: 'base', name: 'wanted' }, {})).machine;
  await machine.pause({ machine: id }, {});
  expect(await core.handlers.throwaway.keep({ machine: id }, {})).toMatchObject({ state: 'paused', throwaway: false });
  expect(await machine.relations({ machine: id }, {})).toEqual({ buildsOn: [], dependents: [] });
  expect(await machine.resume({ machine: id }, {})).toMatchObject({ state: 'running' });
  await machine.kill({ machine: id }, {});
});

it('is kept, or is still a throwaway, when keeping it is cancelled', async () => {
  const { core, machine } = useTemplate();
  for (const after of [0, 1, 2]) {
    const { id } = (await core.handlers.throwaway.create({ template: 'base', name: 'wanted' }, {})).machine;
    const controller = new AbortController();
    let told = 0;
    const progress = (): void => {
      told += 1;
      if (told === after) controller.abort();
    };
    if (after === 0) controller.abort();
    const failure = await core.handlers.throwaway.keep({ machine: id }, { signal: controller.signal, progress }).then(
      () => null,
      (error: { code: string }) => error.code,
    );
    const [found] = await machine.list({}, {});
    expect(found).toMatchObject({ id, state: 'running' });
    // Kept, it can be made independent later.
    if (found?.throwaway === false && failure !== null) await machine.detach({ machine: id }, {});
    if (failure !== null) expect(failure).toBe('cancelled');
    if (after === 0) expect(found?.throwaway).toBe(true);
    await machine.kill({ machine: id }, {});
    if (found?.throwaway === false) await machine.delete({ machine: id }, {});
  }
});

it('goes on when who asked for it did not want to own it', async () => {
  const { home, machine } = useTemplate();
  const starter = await startElsewhere(home, { template: 'base' });
  starter.kill();
  await waitUntil('the process to end', () => !existsSync(`/proc/${starter.pid}/fd`));
  expect(await machine.list({}, {})).toMatchObject([{ id: starter.id, state: 'running', throwaway: true }]);
  await machine.kill({ machine: starter.id }, {});
});

it('is gone within a second of its power-off while a face watches', async () => {
  const { core, home, machine, list } = useTemplate();
  const watching = createCore({ environment: home.environment });
  const events = watching.handlers.watch.all({}, {})[Symbol.asyncIterator]();
  onTestFinished(async () => {
    await events.return?.();
    await watching.close();
  });
  await events.next();
  const { id } = (await core.handlers.throwaway.create({ template: 'base' }, {})).machine;
  const [{ pid } = { pid: 0 }] = findProcesses(id);
  process.kill(pid, 'SIGTERM');
  for (;;) {
    const { value } = await events.next();
    if (value?.type === 'machine-removed' && value.id === id) break;
  }
  expect(list()).toEqual([]);
  expect(await machine.list({}, {})).toEqual([]);
});

it('stays when it is kept, off too, and needs its template no more', async () => {
  const { home, core, machine } = useTemplate();
  const owner = await startElsewhere(home, { template: 'base', isOwned: true, ttlSeconds: 600 });
  const before = findProcesses(owner.id).length;
  expect(before).toBeGreaterThan(1);
  expect(await core.handlers.throwaway.keep({ machine: owner.id, name: 'mine' }, {})).toMatchObject({
    name: 'mine',
    state: 'running',
    throwaway: false,
    template: 'base',
  });
  expect(await getFailure(core.handlers.throwaway.keep({ machine: 'mine' }, {}))).toMatchObject({ code: 'wrong-state' });
  owner.kill();
  await waitUntil('the watcher to end', () => findProcesses(owner.id).length === 1);
  expect(await machine.relations({ machine: 'mine' }, {})).toEqual({ buildsOn: [], dependents: [] });
  expect(await core.handlers.template.list({}, {})).toMatchObject([{ usedBy: [] }]);
  await machine.kill({ machine: 'mine' }, {});
  expect(await machine.list({}, {})).toMatchObject([{ name: 'mine', state: 'off', throwaway: false }]);
  await machine.start({ machine: 'mine' }, {});
  await machine.wait({ machine: 'mine', for: 'serial:ready', timeoutSeconds: 30 }, {});
});
