import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createCore } from '../../../core/create-core.ts';
import { createHost } from '../../../core/host/host.ts';
import { getTemplate } from '../../../core/machine/find-machine.ts';
import { createMachineStore } from '../../../core/machine/machine-store.ts';
import type { Site } from '../../../core/machine/site.ts';
import { resolveHomes } from '../../../core/storage/homes.ts';
import { createLocks } from '../../../core/storage/lock.ts';
import { findFit } from '../../../core/template/find-fit.ts';
import { rewarmIfPossible } from '../../../core/template/rewarm.ts';
import { getBackportedQemu } from '../../guests/backported-qemu.ts';
import { vmBooted } from '../../kit/keeper.ts';
import { listQemus } from '../../kit/list-qemus.ts';
import type { TestHome } from '../../kit/test-home.ts';
import { getFailure, useCore } from '../../kit/use-core.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { startWarmClone } from '../../kit/warm-clone.ts';

it('tells that it is of another QEMU, and is brought to that with its memory', async () => {
  const { core, scratch, home } = useCore(installed);
  const original = await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  await original.put('kept');
  const made = await core.handlers.template.create({ machine: 'web', name: 'base', warm: true }, {});
  expect(made).toMatchObject({ warmth: 'warm', readyWhen: null });
  const oldMemory = readdirSync(made.folder).find((name) => name.startsWith('warm-'));

  const newer = await getBackportedQemu();
  const environment = { ...home.environment, BOTHY_QEMU: newer.qemu, BOTHY_QEMU_IMG: newer.qemuImg };
  const upgraded = createCore({ environment });
  onTestFinished(() => upgraded.close());
  const [cold] = await upgraded.handlers.template.list({}, {});
  expect(cold).toMatchObject({
    warmth: 'went-cold',
    needsReadiness: false,
    reason: expect.stringMatching(/^it was frozen with QEMU 7.*, and this is QEMU 10/),
  });
  // Where it was frozen it is warm all the while.
  expect(await core.handlers.template.list({}, {})).toMatchObject([{ warmth: 'warm' }]);

  const asked: string[] = [];
  const site = buildSite(environment, (id) => asked.push(id));
  const { definition } = getTemplate(site.store, 'base');
  expect(await rewarmIfPossible(site, definition)).toBe(true);
  expect(asked).toEqual([made.id]);

  expect(await upgraded.handlers.template.rebuild({ template: 'base' }, {})).toMatchObject({ warmth: 'warm', reason: null });
  const names = readdirSync(made.folder);
  expect(names.filter((name) => name.startsWith('warm-'))).toHaveLength(1);
  expect(names).not.toContain(oldMemory);
  const memory = join(made.folder, names.find((name) => name.startsWith('warm-')) ?? '', 'memory.ram');
  expect(statSync(memory).mode & 0o777).toBe(0o400);
  const clone = await startWarmClone(upgraded, 'base', 'one', 'tiny');
  expect(await clone.get()).toMatchObject({ memory: 'kept', disks: ['kept', 'kept'] });
});

it('is listed on a host without QEMU, and beside a machine that cannot be read', async () => {
  const { core, scratch, home } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  await core.handlers.template.create({ machine: 'web', name: 'base', warm: true, full: true }, {});
  const broken = join(home.folder, 'machines', 'brokenbroken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'disks'), 'no folder');
  const without = createCore({ environment: { ...home.environment, BOTHY_QEMU: '/nowhere/qemu' } });
  onTestFinished(() => without.close());
  expect(await without.handlers.template.list({}, {})).toMatchObject([
    { name: 'base', warmth: 'went-cold', reason: expect.stringContaining('BOTHY_QEMU is /nowhere/qemu') },
  ]);
});

it('is not warmed again by itself with a QEMU that failed at it', async () => {
  const { core, scratch, home } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const { template } = core.handlers;
  const made = await template.create({ machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' }, {});
  const file = join(home.folder, 'machines', (await template.list({}, {}))[0]?.id ?? '', 'disks');
  const asked: string[] = [];
  const site = buildSite(home.environment, (id) => asked.push(id));
  const rewarm = (): Promise<boolean> => rewarmIfPossible(site, getTemplate(site.store, 'base').definition);
  expect(await rewarm()).toBe(true);
  expect(asked).toHaveLength(1);
  // What somebody did to QEMU says nothing of the template.
  const killed = getFailure(template.rebuild({ template: 'base', readyWhen: 'serial:never' }, {}));
  const qemu = await waitUntil('QEMU to be there', () => listQemus(home).find(({ machine }) => machine === made.id));
  process.kill(qemu.pid, 'SIGKILL');
  expect(await killed).toMatchObject({ code: expect.stringMatching(/^qemu-/) });
  expect(await rewarm()).toBe(true);
  expect(asked).toHaveLength(2);
  // Its disk is damaged, so no boot ever comes.
  for (const name of readdirSync(file)) writeFileSync(join(file, name), 'damaged', { flag: 'r+' });
  await expect(template.rebuild({ template: 'base', readyWhen: 'serial:ready', timeoutSeconds: 2 }, {})).rejects.toThrow();
  expect(await rewarm()).toBe(false);
  expect(asked).toHaveLength(2);
});

it('is warmed again in the background of a face that stays', async () => {
  const { core, scratch, home } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const { folder } = await core.handlers.template.create(
    { machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' },
    {},
  );
  const memory = findWarmFile(folder, 'memory.ram');
  utimesSync(memory, 1, 1);
  const [cold] = await core.handlers.template.list({}, {});
  expect(cold).toMatchObject({ warmth: 'went-cold', reason: 'its file memory.ram was changed' });
  const site = buildSite(home.environment, (id) => void core.handlers.template.rebuild({ template: id }, {}));
  await rewarmIfPossible(site, getTemplate(site.store, 'base').definition);
  await waitUntil('it to be warm', async () => (await core.handlers.template.list({}, {}))[0]?.warmth === 'warm');
  await core.whenIdle();
});

it('is not distrusted because a port that a clone was to forward is taken', async () => {
  const { core, scratch, home } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1, network: 'user' });
  const { template, throwaway, machine } = core.handlers;
  const made = await template.create({ machine: 'web', name: 'base', warm: true, full: true, readyWhen: 'serial:ready' }, {});
  const stranger = createServer().listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  onTestFinished(() => void stranger.close());
  const host = (stranger.address() as AddressInfo).port;
  const wish = { template: 'base', ports: [{ protocol: 'tcp' as const, host, guest: 80 }] };
  expect(await getFailure(throwaway.create(wish, {}))).toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(`${host}`),
  });
  expect(await getFailure(throwaway.create({ ...wish, network: 'none' }, {}))).toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining('has no network'),
  });
  await core.whenIdle();
  expect(await template.list({}, {})).toEqual([made]);
  expect(await machine.list({}, {})).toMatchObject([{ name: 'web' }]);
  expect(listQemus(home)).toHaveLength(1);
});

it('keeps the memory it has when somebody found it cold that was mended meanwhile', async () => {
  const { core, scratch } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const { template } = core.handlers;
  const made = await template.create({ machine: 'web', name: 'base', warm: true, readyWhen: 'serial:ready' }, {});
  expect(await template.rebuild({ template: 'base', ifNeeded: true }, {})).toEqual(made);
  // Asked for without that, it is what somebody wants.
  expect((await template.rebuild({ template: 'base' }, {})).warmedAt).not.toBe(made.warmedAt);
});

it('is listed as what went cold when its machines could not go on from memory that looks whole, and as damaged without a disk', async () => {
  const { core, scratch } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 1 });
  const { template, throwaway, machine } = core.handlers;
  const { folder } = await template.create({ machine: 'web', name: 'base', warm: true, full: true }, {});
  const mend = damage(findWarmFile(folder, 'devices.state'), join(scratch, 'backup'), flipBit);
  expect(await template.list({}, {})).toMatchObject([{ warmth: 'warm' }]);
  const { notice } = await throwaway.create({ template: 'base' }, {});
  expect(notice).toBe(
    'It was booted, because the memory of “base” cannot be used: its file devices.state is damaged. ' +
      'Warm it again with: bothy template rebuild base --wait-for agent',
  );
  const damaged = { warmth: 'went-cold', reason: 'its file devices.state is damaged', needsReadiness: true };
  expect(await template.list({}, {})).toMatchObject([damaged]);
  mend();
  expect(await throwaway.create({ template: 'base' }, {})).toMatchObject({ isWarm: true, notice: null });
  expect(await template.list({}, {})).toMatchObject([{ warmth: 'warm', reason: null }]);

  for (const { id } of (await machine.list({}, {})).filter((one) => one.throwaway)) await machine.kill({ machine: id }, {});
  const disk = join(folder, 'disks', readdirSync(join(folder, 'disks')).toSorted()[0] ?? '');
  renameSync(disk, join(scratch, 'disk'));
  expect(await template.list({}, {})).toMatchObject([{ warmth: 'damaged', reason: expect.stringContaining(disk) }]);
  const refusal = { code: 'image-invalid', message: expect.stringContaining('“base” is damaged'), hint: expect.any(String) };
  expect(await getFailure(throwaway.create({ template: 'base' }, {}))).toMatchObject(refusal);
  expect(await getFailure(template.rebuild({ template: 'base', readyWhen: 'serial:ready' }, {}))).toMatchObject(refusal);
  renameSync(join(scratch, 'disk'), disk);
  expect(await template.list({}, {})).toMatchObject([{ warmth: 'warm' }]);
});

it('finds a flipped bit and a missing end in every file, and does not go on from damaged memory', async () => {
  const { core, scratch, home } = useCore();
  await vmBooted(core, scratch, 'web', { guest: 'tiny', disks: 2 });
  const { template } = core.handlers;
  const { folder } = await template.create({ machine: 'web', name: 'base', warm: true }, {});
  const site = buildSite(home.environment, () => {});
  const whole = await template.check({ template: 'base' }, {});
  expect(whole.isWhole).toBe(true);
  const names = whole.files.map(({ file }) => file).toSorted();
  expect(names.map((name) => name.replace(/-[0-9a-z]{8}/, ''))).toEqual([
    'checksums.json',
    'disks/disk0.qcow2',
    'disks/disk1.qcow2',
    'machine.json',
    'warm/checksums.json',
    'warm/devices.state',
    'warm/memory.ram',
    'warm/warm.json',
  ]);
  for (const name of names.filter((one) => one !== 'machine.json' && !one.endsWith('checksums.json'))) {
    for (const harm of [flipBit, cutEnd]) {
      const mend = damage(join(folder, name), join(scratch, 'backup'), harm);
      const found = await template.check({ template: 'base' }, {});
      expect(found.files.filter(({ problem }) => problem !== null).map(({ file }) => file)).toContain(name);
      expect(found.isWhole).toBe(false);
      if (/memory|devices/.test(name) && harm === cutEnd) {
        const fit = await findFit(site, getTemplate(site.store, 'base').definition, {});
        expect(fit).toMatchObject({ isFit: false, isOfWish: false });
      }
      mend();
    }
  }
  expect(await template.check({ template: 'base' }, {})).toEqual(whole);
});

const installed = { BOTHY_QEMU: '/usr/bin/qemu-system-x86_64', BOTHY_QEMU_IMG: '/usr/bin/qemu-img' };

function buildSite(environment: TestHome['environment'], rewarm: Site['rewarm']): Site {
  const homes = resolveHomes(environment);
  const options = { environment, kvmDevice: '/dev/kvm', cacheFolder: homes.cache, dataFolder: homes.data };
  return { store: createMachineStore(homes), locks: createLocks(homes.machines), host: createHost(options), environment, rewarm };
}

function findWarmFile(folder: string, name: string): string {
  return join(folder, readdirSync(folder).find((one) => one.startsWith('warm-')) ?? '', name);
}

type Harm = (path: string) => void;

/** Changes one bit in the middle. */
function flipBit(path: string): void {
  const place = Math.floor(statSync(path).size / 2);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, place);
  byte.writeUInt8(byte.readUInt8(0) ^ 4);
  writeSync(file, byte, 0, 1, place);
  closeSync(file);
}

function cutEnd(path: string): void {
  truncateSync(path, statSync(path).size - 1);
}

/** Damages a file, whose time stamp stays as it was, and gives the way back. `backup` is where the whole one is meanwhile. */
function damage(path: string, backup: string, harm: Harm): () => void {
  execFileSync('cp', ['--preserve', path, backup]);
  chmodSync(path, 0o600);
  harm(path);
  execFileSync('touch', ['--reference', backup, path]);
  return () => execFileSync('cp', ['--preserve', '--remove-destination', backup, path]);
}
