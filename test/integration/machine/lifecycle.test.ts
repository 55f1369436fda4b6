import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Core } from '../../../core/core.ts';
import { createCore } from '../../../core/create-core.ts';
import { useTestHome } from '../../kit/test-home.ts';
import { waitUntil } from '../../kit/wait-until.ts';

/** A core in a home of its own, which forces every machine off at the end. */
function useCore(): { core: Core; folder: string } {
  const home = useTestHome();
  const core = createCore({ environment: home.environment });
  onTestFinished(async () => {
    for (const machine of await core.handlers.machine.list({}, {})) {
      await core.handlers.machine.kill({ machine: machine.id }, {}).catch(() => {});
    }
    await core.close();
  });
  return { core, folder: home.folder };
}

const tiny = { source: { type: 'empty' }, memoryMiB: 64, cpus: 1, diskSize: 0, accelerator: 'tcg' } as const;

describe('a machine', () => {
  test('is created, started, paused, resumed, reset, forced off and deleted', async () => {
    const { core, folder } = useCore();
    const { machine } = core.handlers;
    const created = await machine.create({ name: 'one', ...tiny, diskSize: 1024 ** 3 }, {});
    expect(created).toMatchObject({ name: 'one', state: 'off', accelerator: null, memoryMiB: 64, cpus: 1 });
    expect(await machine.disks({ machine: 'one' }, {})).toMatchObject([
      { format: 'qcow2', virtualSize: 1024 ** 3, backingFile: null },
    ]);

    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running', accelerator: 'tcg' });
    const info = await machine.info({ machine: created.id.slice(0, 6) }, {});
    expect(info.problems).toEqual([]);
    expect(info.pid).not.toBeNull();
    expect(existsSync(info.display?.path ?? '')).toBe(true);
    await expect(machine.start({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(machine.delete({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'wrong-state' });

    expect(await machine.pause({ machine: 'one' }, {})).toMatchObject({ state: 'paused' });
    await expect(machine.pause({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await machine.resume({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    expect(await machine.reset({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    await machine.pause({ machine: 'one' }, {});
    expect(await machine.reset({ machine: 'one' }, {})).toMatchObject({ state: 'paused' });
    expect(await machine.resume({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
    expect(await machine.kill({ machine: 'one' }, {})).toMatchObject({ state: 'off', accelerator: null });

    const { entries } = await machine.activity({ machine: 'one' }, {});
    const names = entries.map((entry) => entry.event);
    // Firmware that is reset may reset the machine once more by itself, at any moment after.
    expect(names).toContain('RESET');
    expect(names.filter((name) => name !== 'RESET')).toEqual(['CREATE', 'START', 'STOP', 'RESUME', 'STOP', 'RESUME', 'SHUTDOWN']);
    await machine.delete({ machine: 'one' }, {});
    expect(await machine.list({}, {})).toEqual([]);
    expect(readdirSync(join(folder, 'machines')).filter((name) => name !== '.lock-key')).toEqual([]);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  test('goes on when its core closes, and is found by the next one', async () => {
    const home = useTestHome();
    const first = createCore({ environment: home.environment });
    await first.handlers.machine.create({ name: 'one', ...tiny, start: true }, {});
    await first.close();
    const second = createCore({ environment: home.environment });
    onTestFinished(() => second.close());
    expect(await second.handlers.machine.list({}, {})).toMatchObject([{ name: 'one', state: 'running', accelerator: 'tcg' }]);
    await second.handlers.machine.kill({ machine: 'one' }, {});
  });

  test('is reported as crashed when QEMU is killed, with its last words, and starts again', async () => {
    const { core } = useCore();
    const { machine } = core.handlers;
    await machine.create({ name: 'one', ...tiny, start: true }, {});
    const { pid } = await machine.info({ machine: 'one' }, {});
    process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil('the crash to be noticed', async () => (await machine.info({ machine: 'one' }, {})).state === 'crashed');
    const info = await machine.info({ machine: 'one' }, {});
    expect(info.problems[0]?.message).toContain('QEMU ended unexpectedly');
    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  });

  test('that does not start says so in the words of QEMU and ours, and stays off', async () => {
    const { core, folder } = useCore();
    const { machine } = core.handlers;
    const { id } = await machine.create({ name: 'one', ...tiny, extraArguments: ['-device', 'no-such-device'] }, {});
    const failure = await machine.start({ machine: 'one' }, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'qemu-failed',
      message: expect.stringContaining('“one” did not start'),
      details: expect.stringContaining('no-such-device'),
    });
    expect(await machine.list({}, {})).toMatchObject([{ state: 'off' }]);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
    expect(existsSync(join(folder, 'machines', id, 'run.json'))).toBe(false);
  });

  test('is started once by two starters at once', async () => {
    const { core } = useCore();
    const { machine } = core.handlers;
    await machine.create({ name: 'one', ...tiny }, {});
    const results = await Promise.allSettled([machine.start({ machine: 'one' }, {}), machine.start({ machine: 'one' }, {})]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'wrong-state' } });
  });
});

describe('watching', () => {
  test('tells of every change, whoever makes it', async () => {
    const { core, folder } = useCore();
    const other = createCore({ environment: { ...process.env, BOTHY_HOME: folder } });
    onTestFinished(() => other.close());
    const seen: string[] = [];
    const end = new AbortController();
    const watching = (async () => {
      for await (const event of core.handlers.watch.all({}, { signal: end.signal })) {
        if (event.type === 'snapshot') seen.push('snapshot');
        if (event.type === 'machine') seen.push(event.machine.state);
        if (event.type === 'machine-removed') seen.push('removed');
      }
    })();
    await waitUntil('the news: snapshot', () => seen.includes('snapshot'));
    await other.handlers.machine.create({ name: 'one', ...tiny }, {});
    await waitUntil('the news: off', () => seen.includes('off'));
    await other.handlers.machine.start({ machine: 'one' }, {});
    await waitUntil('the news: running', () => seen.includes('running'));
    await other.handlers.machine.pause({ machine: 'one' }, {});
    await waitUntil('the news: paused', () => seen.includes('paused'));
    const { pid } = await other.handlers.machine.info({ machine: 'one' }, {});
    process.kill(pid ?? 0, 'SIGKILL');
    await waitUntil('the news: crashed', () => seen.includes('crashed'));
    await other.handlers.machine.delete({ machine: 'one' }, {});
    await waitUntil('the news: removed', () => seen.includes('removed'));
    end.abort();
    await watching;
  });
});
