import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLocks } from '../../../core/storage/lock.ts';
import { tinyMachine, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const id = 'abcdefghijkl';

describe('a leftover', () => {
  test.each([`.creating-${id}`, `.deleting-${id}`, `.writing-${id}`])(
    '%s is removed by the next look, not while its owner lives',
    async (name) => {
      const { machine, folder } = useCore();
      const path = join(folder, 'machines', name);
      if (name.startsWith('.writing-')) writeFileSync(path, '{');
      else mkdirSync(join(path, 'disks'), { recursive: true });
      const lock = await createLocks(join(folder, 'machines')).acquire(id, 'create');
      expect(await machine.list({}, {})).toEqual([]);
      expect(existsSync(path)).toBe(true);
      await lock.release();
      expect(await machine.list({}, {})).toEqual([]);
      expect(existsSync(path)).toBe(false);
    },
  );

  test('with a name nobody of ours gave stays, and disturbs nothing', async () => {
    const { machine, folder } = useCore();
    const names = [`.creating-${'x'.repeat(200)}`, '.deleting-', '.creating-../x'.replace('/', '_'), 'notes.txt', '.lock-key-x'];
    for (const name of names) mkdirSync(join(folder, 'machines', name));
    mkdirSync(join(folder, 'run', 'something'));
    expect(await machine.list({}, {})).toEqual([]);
    expect(readdirSync(join(folder, 'machines'))).toEqual(expect.arrayContaining(names.filter((name) => name !== '.lock-key-x')));
    expect(existsSync(join(folder, 'run', 'something'))).toBe(true);
  });

  test('in the runtime folder goes with the machine that is gone', async () => {
    const { machine, folder } = useCore();
    mkdirSync(join(folder, 'run', id));
    await machine.list({}, {});
    expect(existsSync(join(folder, 'run', id))).toBe(false);
  });
});

describe('a starter that was killed', () => {
  test('after QEMU came up leaves a machine that is found and can be worked with', async () => {
    const { machine, folder } = useCore();
    const created = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const file = join(folder, 'machines', created.id, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...record, process: null }));
    expect(await machine.list({}, {})).toMatchObject([{ state: 'running' }]);
    expect(await machine.pause({ machine: 'one' }, {})).toMatchObject({ state: 'paused' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject(record);
    expect(await machine.resume({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  });

  test('before QEMU came up leaves one that starts', async () => {
    const { machine, folder } = useCore();
    const created = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const file = join(folder, 'machines', created.id, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    await machine.kill({ machine: 'one' }, {});
    writeFileSync(file, JSON.stringify({ ...record, process: null, startedAt: new Date().toISOString() }));
    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  });

  test('just before the clock was set back leaves one that starts all the same', async () => {
    const { machine, folder } = useCore();
    const created = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
    const file = join(folder, 'machines', created.id, 'run.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as object;
    await machine.kill({ machine: 'one' }, {});
    const startedAt = new Date(Date.now() + 3_600_000).toISOString();
    writeFileSync(file, JSON.stringify({ ...record, process: null, startedAt }));
    expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  }, 10_000);
});

describe('the runtime folder, deleted while machines run,', () => {
  for (const whole of [false, true]) {
    test(`${whole ? 'all of it' : 'that of one'}: the machine is running with its problem, is forced off, and starts again`, async () => {
      const { machine, folder } = useCore();
      const { id: own } = await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
      const other = await machine.create({ name: 'two', ...tinyMachine }, {});
      rmSync(whole ? join(folder, 'run') : join(folder, 'run', own), { recursive: true });
      const list = await machine.list({}, {});
      expect(list.find(({ name }) => name === 'one')).toMatchObject({ state: 'running' });
      const info = await machine.info({ machine: 'one' }, {});
      expect(info.problems[0]?.message).toContain('was deleted');
      for (const act of ['pause', 'shutdown', 'reset', 'screenshot'] as const)
        await expect(machine[act]({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'qemu-unresponsive' });
      await expect(machine.keys({ machine: 'one', keys: ['a'] }, {})).rejects.toMatchObject({ code: 'qemu-unresponsive' });
      expect(await machine.start({ machine: other.id }, {})).toMatchObject({ state: 'running' });
      const begin = performance.now();
      expect(await machine.kill({ machine: 'one' }, {})).toMatchObject({ state: 'off' });
      // Nobody waits for an answer that cannot come.
      expect(performance.now() - begin).toBeLessThan(2500);
      expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
      expect(await machine.info({ machine: 'one' }, {})).toMatchObject({ problems: [] });
    });
  }
});

test('listing goes on while machines come and go', async () => {
  const { machine, folder } = useCore();
  const failures: unknown[] = [];
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const looking = (async () => {
    while (!isOver) {
      await machine.list({}, {}).catch((error: unknown) => failures.push(error));
      // A list of nothing takes no turn of the event loop.
      await setImmediate();
    }
  })();
  for (let round = 0; round < 12; round += 1) {
    const created = await machine.create({ name: `m${round}`, ...tinyMachine }, {});
    if (round % 4 === 0) {
      await machine.start({ machine: created.id }, {});
      await machine.kill({ machine: created.id }, {});
    }
    await machine.delete({ machine: created.id }, {});
  }
  isOver = true;
  await looking;
  expect(failures).toEqual([]);
  await waitUntil('an empty runtime folder', () => readdirSync(join(folder, 'run')).length === 0);
});

test('a machine killed at once after it was restarted has crashed, however well the run before ended', async () => {
  const { machine } = useCore();
  await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
  await machine.kill({ machine: 'one' }, {});
  await machine.start({ machine: 'one' }, {});
  const { pid } = await machine.info({ machine: 'one' }, {});
  process.kill(pid ?? 0, 'SIGKILL');
  await waitUntil('the end of QEMU', async () => (await machine.info({ machine: 'one' }, {})).state !== 'running');
  expect(await machine.list({}, {})).toMatchObject([{ state: 'crashed' }]);
});

test('the whole home, deleted under a face that is open, is made again, and locks hold between old and new faces', async () => {
  const { machine, folder, home } = useCore();
  await machine.create({ name: 'one', ...tinyMachine }, {});
  rmSync(folder, { recursive: true });
  expect(await machine.list({}, {})).toEqual([]);
  await expect(machine.info({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'not-found' });
  const created = await machine.create({ name: 'one', ...tinyMachine }, {});
  const lock = await createLocks(join(folder, 'machines')).acquire(created.id, 'test');
  const { machine: inNewFace } = useCore({}, home);
  await expect(machine.start({ machine: 'one' }, {})).rejects.toMatchObject({ code: 'busy' });
  await lock.release();
  expect(await machine.start({ machine: 'one' }, {})).toMatchObject({ state: 'running' });
  expect(await inNewFace.list({}, {})).toMatchObject([{ name: 'one', state: 'running' }]);
});

test('a face with another XDG_RUNTIME_DIR finds the machine, its screen and its serial line', async () => {
  const { home } = useCore();
  const environment = (name: string): Record<string, string> => {
    const runtime = join(home.scratch, name);
    mkdirSync(runtime, { mode: 0o700 });
    return { BOTHY_HOME: '', XDG_DATA_HOME: join(home.scratch, 'data'), XDG_CACHE_HOME: home.scratch, XDG_RUNTIME_DIR: runtime };
  };
  const { machine } = useCore(environment('a'), home);
  const { core } = useCore(environment('b'), home);
  await machine.create({ name: 'one', ...tinyMachine, start: true }, {});
  expect(await core.handlers.machine.list({}, {})).toMatchObject([{ name: 'one', state: 'running' }]);
  const screen = await core.consoles.open('one', 'vnc');
  const [greeting] = (await once(screen, 'data')) as [Buffer];
  screen.destroy();
  expect(greeting.toString('latin1')).toMatch(/^RFB 003/);
  expect(await core.handlers.machine.kill({ machine: 'one' }, {})).toMatchObject({ state: 'off' });
  expect(readdirSync(join(home.scratch, 'a/bothy'))).toEqual([]);
});
