import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { builtCli } from '../../kit/built-cli.ts';
import { findProcesses } from '../../kit/processes.ts';
import { runBothy, runBothyJson, spawnBothy } from '../../kit/run-bothy.ts';
import { shareDemoTemplate } from '../../kit/share-demo-template.ts';
import { tinyMachine } from '../../kit/use-core.ts';
import { waitForSpares } from '../../kit/wait-for-spares.ts';
import { waitUntil } from '../../kit/wait-until.ts';
import { openWebFace } from '../../kit/web-face.ts';

const shared = shareDemoTemplate();

/** Runs `act` while another process keeps that many machines of the template ready; none is there afterwards. */
async function withKeeper(count: number, act: () => Promise<void>): Promise<void> {
  const { core, home } = shared;
  await core.handlers.template.edit({ template: 'demo', keepReady: count }, {});
  const face = await openWebFace(home.environment);
  try {
    await waitForSpares(core, count);
    await act();
  } finally {
    await face.close();
    await core.handlers.template.edit({ template: 'demo', keepReady: 0 }, {});
  }
  expect(await core.handlers.template.list({}, {})).toMatchObject([{ keepReady: 0, ready: 0, readyBytes: 0 }]);
}

/** Where the time of a run went, by phase. */
function readPhases(stderr: string): string[] {
  return [...stderr.matchAll(/^ *[0-9.]+ m?s +(.+)$/gm)].map(([, name]) => name ?? '');
}

it('goes to a command of another process: its own name and address, the time of now, and another takes its place', async () => {
  const { core, home } = shared;
  await withKeeper(1, async () => {
    const [template] = await core.handlers.template.list({}, {});
    expect(template).toMatchObject({ keepReady: 1, ready: 1, readyProblem: null, usedBy: [] });
    expect(template?.readyBytes).toBeGreaterThan(1024 ** 2);
    expect(await core.handlers.machine.list({}, {})).toEqual([]);
    expect(await runBothyJson(home, ['list'])).toEqual([]);
    const since = Date.now();
    await waitUntil('the spare to have stood still for a while', () => Date.now() - since > 3000);
    const names: string[] = [];
    for (const extra of [[], ['--name', 'called']]) {
      const script = 'hostname; date +%s; cat /sys/class/net/eth0/address; exit 3';
      const result = await runBothy(home, ['run', '--trace', ...extra, 'demo', '--', 'sh', '-c', script]);
      expect(result.exitCode).toBe(3);
      expect(readPhases(result.stderr)).toContain('claim');
      const [name = '', seconds = '', mac = ''] = result.stdout.split('\n');
      names.push(name);
      expect(Math.abs(Date.now() / 1000 - Number(seconds))).toBeLessThan(2.5);
      expect(mac).toMatch(/^52:54:00:/);
      expect(await core.handlers.machine.list({}, {})).toEqual([]);
      await waitForSpares(core, 1);
    }
    expect(names[0]).toMatch(/^demo-[0-9a-v]{4}$/);
    expect(names[1]).toBe('called');
    const look = 'ip link set eth0 up; cat /sys/class/net/eth0/carrier; ping -c 1 -W 2 10.0.2.2 >/dev/null || echo alone';
    const apart = await runBothy(home, ['run', '--trace', '--network', 'none', 'demo', '--', 'sh', '-c', look]);
    expect(apart.stdout).toBe('0\nalone\n');
    expect(readPhases(apart.stderr)).toContain('claim');
  });
});

it('is one machine for one who asks, and no machine for who wants another', async () => {
  const { core } = shared;
  await withKeeper(2, async () => {
    const create = (wish: object) => core.handlers.throwaway.create({ template: 'demo', isOwned: true, ...wish }, {});
    const other = await create({ memoryMiB: 256 });
    expect(other.phases.map(({ name }) => name)).not.toContain('claim');
    const started = await Promise.all([create({}), create({}), create({})]);
    const claims = started.filter(({ phases }) => phases.some(({ name }) => name === 'claim'));
    expect(claims.length).toBeGreaterThanOrEqual(2);
    expect(new Set(started.map(({ machine }) => machine.id)).size).toBe(3);
    for (const { machine } of started) {
      const { stdout } = await core.handlers.machine.exec({ machine: machine.id, command: ['hostname'] }, {});
      expect(stdout.trim()).toBe(machine.name);
    }
    for (const { machine } of [other, ...started]) await core.handlers.machine.kill({ machine: machine.id }, {});
  });
});

it('is still there for the next one when a name is taken, and tells the time where no shell waits in it', async () => {
  const { core, home } = shared;
  const folder = join(home.folder, 'machines', (await core.handlers.template.list({}, {}))[0]?.id ?? '');
  const facts = join(folder, readdirSync(folder).find((name) => name.startsWith('warm-')) ?? '', 'warm.json');
  const text = readFileSync(facts, 'utf8');
  await core.handlers.machine.create({ ...tinyMachine, name: 'taken' }, {});
  writeFileSync(
    facts,
    text.replace('"isShellParked":true', '"isShellParked":false').replace('"isShellParked": true', '"isShellParked": false'),
  );
  await withKeeper(1, async () => {
    const refused = core.handlers.throwaway.create({ template: 'demo', name: 'taken' }, {});
    await expect(refused).rejects.toMatchObject({ code: 'name-taken' });
    expect(await core.handlers.template.list({}, {})).toMatchObject([{ ready: 1 }]);
    const since = Date.now();
    await waitUntil('the spare to have stood still for a while', () => Date.now() - since > 4000);
    const result = await runBothy(home, ['run', '--trace', 'demo', '--', 'date', '+%s']);
    expect(readPhases(result.stderr)).toContain('claim');
    expect(Math.abs(Date.now() / 1000 - Number(result.stdout))).toBeLessThan(3);
  });
  writeFileSync(facts, text);
  await core.handlers.machine.delete({ machine: 'taken' }, {});
});

it('ends with the process that wanted it, and not with the one that kept it', async () => {
  const { core, home } = shared;
  let staying = '';
  await withKeeper(1, async () => {
    const child = spawnBothy(home, ['run', 'demo', '--', 'sleep', '600']);
    const [machine] = await waitUntil('the machine', async () => {
      const list = await core.handlers.machine.list({}, {});
      return list.length > 0 ? list : null;
    });
    await waitUntil('its new watcher', () => findProcesses(`${machine?.id}/guard-heir`).length > 0);
    child.kill('SIGKILL');
    await waitUntil('its QEMU to end', () => findProcesses(machine?.id ?? '').length === 0, { timeoutMs: 5000 });
    await waitForSpares(core, 1);
    staying = (await core.handlers.throwaway.create({ template: 'demo', isOwned: true }, {})).machine.id;
  });
  expect(await core.handlers.machine.info({ machine: staying }, {})).toMatchObject({ state: 'running', throwaway: true });
  const { stdout } = await core.handlers.machine.exec({ machine: staying, command: ['echo', 'here'] }, {});
  expect(stdout).toBe('here\n');
  await core.handlers.machine.kill({ machine: staying }, {});
  await waitUntil('its watcher to end', () => findProcesses(staying).length === 0, { timeoutMs: 5000 });
});

it('takes no more of Bothy than the quick pack, as a run without one and a list do', async () => {
  const { home } = shared;
  const folder = join(home.scratch, 'quick');
  cpSync(dirname(builtCli), folder, { recursive: true, filter: (path) => !basename(path).startsWith('rest.') });
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(folder, 'bothy.js'), ...args], { env: home.environment });
  expect((await run('list')).stdout).toBe('');
  expect((await run('run', 'demo', '--', 'echo', 'warm')).stdout).toBe('warm\n');
  await withKeeper(1, async () => {
    const { stdout, stderr } = await run('run', '--trace', 'demo', '--', 'echo', 'ready');
    expect(stdout).toBe('ready\n');
    expect(readPhases(stderr)).toContain('claim');
  });
  await expect(run('doctor')).rejects.toThrow('rest.js');
});

it('can be kept, and then outlives both', async () => {
  const { core, home } = shared;
  let kept = '';
  await withKeeper(1, async () => {
    const result = await runBothy(home, ['run', '--keep', '--name', 'kept', 'demo', '--', 'sh', '-c', 'echo mine >/tmp/mine']);
    expect(result.exitCode).toBe(0);
    kept = (await core.handlers.machine.info({ machine: 'kept' }, {})).id;
  });
  const { stdout } = await core.handlers.machine.exec({ machine: kept, command: ['cat', '/tmp/mine'] }, {});
  expect(stdout).toBe('mine\n');
  expect(await core.handlers.machine.info({ machine: kept }, {})).toMatchObject({ throwaway: false, state: 'running' });
  await core.handlers.machine.kill({ machine: kept }, {});
  await core.handlers.machine.delete({ machine: kept }, {});
});
