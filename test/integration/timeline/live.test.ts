import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { collect } from '../../kit/built-cli.ts';
import { readMachine } from '../../kit/home-files.ts';
import { checkImage, readDiskContent } from '../../kit/image-facts.ts';
import { Keeper, vmBooted, vmDefined } from '../../kit/keeper.ts';
import { countOffset, countSlots } from '../../kit/keeper-guest.ts';
import { type CoreOfTest, getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';

test.each(['a machine', 'a clone, whose memory maps its template’s'])(
  'a snapshot of a guest that writes has all disks and the memory of one moment: %s',
  async (kind) => {
    const guest = useCore();
    const { core, machine, scratch } = guest;
    const isClone = kind !== 'a machine';
    const keeper = isClone ? await startClone(guest) : await vmBooted(core, scratch, 'busy', { guest: 'tiny', disks: 2 });
    await keeper.say('w');
    for (const name of ['one', 'two', 'three']) {
      const taken = await core.handlers.snapshot.create({ machine: 'busy', name }, {});
      expect(taken).toMatchObject({ method: 'precopy', pausedMs: expect.any(Number) });
      const layers = listSnapshotLayers(guest, name);
      const [first = 0, second = 0] = await Promise.all(layers.map((layer) => readCount(layer, scratch)));
      expect(first, `${name}: the guest has written`).toBeGreaterThan(0);
      expect([second, second + 1], `${name}: the first disk is at most one number ahead`).toContain(first);
    }
    // Its memory goes on where its disks are: nothing is left out, and nothing is counted that was not written.
    await core.handlers.snapshot.restore({ machine: 'busy', snapshot: 'two', present: 'discard' }, {});
    await holdToCount(guest, keeper);
    expect(await machine.info({ machine: 'busy' }, {})).toMatchObject({ state: 'off', problems: [] });
  },
);

describe('while the memory of a guest that runs on is copied', () => {
  // Enough that saving it takes a while, though most of it is zero.
  const memoryMiB = 1024;

  async function forkUntilSaving(guest: CoreOfTest): Promise<{ controller: AbortController; fork: Promise<unknown> }> {
    const controller = new AbortController();
    const fork = guest.machine.fork({ machine: 'busy', name: 'fork' }, { signal: controller.signal });
    fork.catch(() => {});
    const isSaving = async () => (await guest.core.handlers.task.list({}, {})).some(({ step }) => step === 'Saving memory');
    await waitUntil('memory to be saved', isSaving, { intervalMs: 1 });
    return { controller, fork };
  }

  test('the work is cancelled, and leaves it as it was', async () => {
    const guest = useCore();
    const { machine } = guest;
    const keeper = await startClone(guest, memoryMiB);
    await keeper.put('kept');
    const { controller, fork } = await forkUntilSaving(guest);
    controller.abort();
    expect(await getFailure(fork)).toMatchObject({ code: 'cancelled' });
    expect(await machine.info({ machine: 'busy' }, {})).toMatchObject({ state: 'running', problems: [] });
    expect(await keeper.get()).toEqual({ memory: 'kept', disks: ['kept', 'kept'] });
    await machine.fork({ machine: 'busy' }, {});
  });

  test('it is paused, and stays so', async () => {
    const guest = useCore();
    const { machine } = guest;
    const keeper = await startClone(guest, memoryMiB);
    await keeper.put('kept');
    const { fork } = await forkUntilSaving(guest);
    await machine.pause({ machine: 'busy' }, {});
    await fork;
    expect(await machine.info({ machine: 'busy' }, {})).toMatchObject({ state: 'paused', problems: [] });
    // So is the copy: it is the machine of that moment.
    expect(await machine.info({ machine: 'fork' }, {})).toMatchObject({ state: 'paused', problems: [] });
    for (const name of ['busy', 'fork']) await machine.resume({ machine: name }, {});
    expect(await keeper.get()).toEqual({ memory: 'kept', disks: ['kept', 'kept'] });
    expect(await new Keeper(guest.core, 'fork', 'tiny').get()).toEqual({ memory: 'kept', disks: ['kept', 'kept'] });
  });

  test('it is turned off, and that is said', async () => {
    const guest = useCore();
    const { machine } = guest;
    await startClone(guest, memoryMiB);
    const { fork } = await forkUntilSaving(guest);
    await machine.kill({ machine: 'busy' }, {});
    expect(await getFailure(fork)).toMatchObject({ code: 'wrong-state', message: expect.stringMatching(/went off/) });
    const machines = (await machine.list({}, {})).map(({ name, state }) => `${name} ${state}`);
    expect(machines.sort()).toEqual(['busy off', 'origin off']);
    await machine.start({ machine: 'busy' }, {});
  });
});

test('a machine that is paused at any moment of a snapshot stays paused, and the snapshot says how it was', async () => {
  const { core, machine, scratch } = useCore();
  const keeper = await vmBooted(core, scratch, 'busy', { guest: 'tiny', disks: 1 });
  for (const seconds of [0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6]) {
    const taking = core.handlers.snapshot.create({ machine: 'busy' }, {});
    taking.catch(() => {});
    await delay(seconds * 1000);
    await machine.pause({ machine: 'busy' }, {});
    const { pausedMs, snapshot } = await taking;
    expect(await machine.info({ machine: 'busy' }, {}), `after ${seconds} s`).toMatchObject({ state: 'paused', problems: [] });
    // One that went on after that was paused by its person, later.
    expect(snapshot.state, `after ${seconds} s`).toBe(pausedMs === null ? 'paused' : 'running');
    await machine.resume({ machine: 'busy' }, {});
    await keeper.put('on');
  }
});

test('snapshots are deleted, and their layers merged, while the guest writes', async () => {
  const guest = useCore();
  const { core, scratch } = guest;
  const keeper = await vmBooted(core, scratch, 'busy', { guest: 'tiny', disks: 2 });
  await keeper.say('w');
  for (const name of ['a', 'b', 'c', 'd']) await core.handlers.snapshot.create({ machine: 'busy', name }, {});
  // In the middle; at the end, which takes the layer that is being written; and all that is left.
  for (const name of ['b', 'd', 'a', 'c']) {
    const { merged } = await core.handlers.snapshot.delete({ machine: 'busy', snapshot: name }, {});
    expect(merged.length, `deleting ${name} merges`).toBeGreaterThan(0);
  }
  await holdToCount(guest, keeper);
});

test('a user who may do no more than others takes snapshots of a guest that runs on', async (context) => {
  if (process.getuid?.() !== 0) context.skip('only root can run the command line as another user');
  const { core, home, scratch } = useCore();
  const keeper = await vmDefined(core, scratch, 'plain', { guest: 'tiny', disks: 1 });
  chmodSync(dirname(home.folder), 0o711);
  // The checkout may be in a folder of root's.
  cpSync('dist/cli', join(scratch, 'dist/cli'), { recursive: true });
  cpSync('assets', join(scratch, 'assets'), { recursive: true });
  const give = spawnSync('chown', ['-R', '65534:65534', dirname(home.folder)]);
  expect(give.status).toBe(0);
  const bothy = async (...args: string[]): Promise<unknown> => {
    const argv = [join(scratch, 'dist/cli/bothy.js'), ...args, '--json'];
    const child = spawn(process.execPath, argv, {
      env: { ...home.environment },
      cwd: scratch,
      uid: 65534,
      gid: 65534,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { exitCode, stdout, stderr } = await collect(child);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  await bothy('start', 'plain');
  await core.handlers.machine.wait({ machine: 'plain', for: 'serial:ready' }, {});
  await keeper.put('before');
  const taken = (await bothy('snapshot', 'create', 'plain', 'one')) as { method: string; pausedMs: number };
  expect(taken.method).toBe('precopy');
  expect(taken.pausedMs).toBeGreaterThan(0);
  await keeper.put('after');
  await bothy('snapshot', 'restore', 'plain', 'one', '--discard');
  expect(await keeper.get()).toEqual({ memory: 'before', disks: ['before'] });
  await bothy('kill', 'plain');
});

/** A machine `busy`, once a throwaway, whose memory maps that of its template. */
async function startClone({ core, machine, scratch }: CoreOfTest, memoryMiB = 32): Promise<Keeper> {
  await vmBooted(core, scratch, 'origin', { guest: 'tiny', disks: 2, memoryMiB });
  await core.handlers.template.create({ machine: 'origin', name: 'base', warm: true }, {});
  await machine.kill({ machine: 'origin' }, {});
  const { id } = (await core.handlers.throwaway.create({ template: 'base', name: 'busy' }, {})).machine;
  await core.handlers.throwaway.keep({ machine: id }, {});
  return new Keeper(core, id, 'tiny');
}

function listSnapshotLayers({ home }: CoreOfTest, name: string): string[] {
  const { folder, definition } = readMachine(home, 'busy');
  const snapshot = definition.timeline.snapshots.find((one) => one.name === name);
  return (snapshot?.layers ?? []).map(({ file }) => join(folder, file));
}

/** Ends the guest's counting and holds both disks to the number it says. */
async function holdToCount({ home, machine, scratch }: CoreOfTest, keeper: Keeper): Promise<void> {
  const [, number = ''] = await keeper.talk('\nc1', /counted 1 ([0-9a-f]{8})/);
  await machine.kill({ machine: 'busy' }, {});
  const { folder, definition } = readMachine(home, 'busy');
  for (const { file } of definition.disks) {
    expect(await readCount(join(folder, file), scratch), file).toBe(Number.parseInt(number, 16));
    expect(await checkImage(join(folder, file)), file).toEqual({ corruptions: 0, leaks: 0 });
  }
}

/** The number a disk was counted up to; every number before it must be there. */
async function readCount(layer: string, scratch: string): Promise<number> {
  const content = await readDiskContent(layer, scratch);
  const found = Array.from({ length: countSlots }, (_, slot) => content.readUInt32LE(countOffset + slot * 512));
  const last = Math.max(...found);
  // The last number N with N modulo 1024 = slot, if there is one.
  const expected = found.map((_, slot) => {
    const number = last - ((((last - slot) % countSlots) + countSlots) % countSlots);
    return Math.max(number, 0);
  });
  expect(found, layer).toEqual(expected);
  return last;
}
