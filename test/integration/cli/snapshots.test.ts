import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { MachineSummary } from '../../../contract/machine.ts';
import { deletePlanSchema, takenSnapshotSchema, timelineInfoSchema } from '../../../contract/snapshot.ts';
import { builtCli, collect } from '../../kit/built-cli.ts';
import { findTool, requireOrSkip } from '../../kit/require-tool.ts';
import { failBothy, runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';
import { twentySnapshots, writeTimelineMachine } from '../../kit/write-timeline-machine.ts';

const tiny = ['--disk', '1M', '--memory', '64M', '--cpus', '1', '--accelerator', 'tcg', '--network', 'none'];

let home: TestHome;
beforeEach(() => {
  home = useTestHome();
  onTestFinished(async () => {
    const machines = (await runBothyJson(home, ['list'])) as MachineSummary[];
    for (const { id, state } of machines) if (state === 'running') await runBothy(home, ['kill', id]);
  });
});

async function readTree(machine: string, environment: Record<string, string> = { LC_ALL: 'C.UTF-8' }): Promise<string[]> {
  const { stdout } = await runBothy(home, ['snapshot', 'list', machine], { environment });
  return stdout
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split(/ {2,}/)[0] ?? '');
}

/** A machine that is off, with two snapshots, whose present has not changed since. */
async function makeMachine(): Promise<void> {
  await runBothyJson(home, ['create', 'web', ...tiny]);
  await runBothyJson(home, ['snapshot', 'create', 'web', 'clean', '--note', 'nothing on it']);
  await runBothyJson(home, ['snapshot', 'create', 'web']);
}

test('a tree grows by taking and restoring, and is drawn as the locale allows', async () => {
  await runBothyJson(home, ['create', 'web', ...tiny]);
  const none = await runBothy(home, ['snapshot', 'list', 'web']);
  expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('bothy snapshot create web') });
  const taken = await runBothy(home, ['snapshot', 'create', 'web', 'clean', '--note', 'nothing on it']);
  expect(taken.stdout).toMatch(/^web: took “clean” \(off, [0-9.]+ KiB\)\n$/);
  const second = takenSnapshotSchema.parse(await runBothyJson(home, ['snapshot', 'create', 'web']));
  expect(second).toMatchObject({ snapshot: { name: 'Snapshot 2', note: '' }, method: 'off', pausedMs: null });
  await runBothyJson(home, ['snapshot', 'restore', 'web', 'clean']);
  await runBothyJson(home, ['snapshot', 'create', 'web', 'branch']);
  expect(await readTree('web')).toEqual(['● clean', '├─● Snapshot 2', '● branch', '◆ now']);
  expect(await readTree('web', { LC_ALL: 'C' })).toEqual(['* clean', '|-* Snapshot 2', '* branch', '@ now']);
  const timeline = timelineInfoSchema.parse(await runBothyJson(home, ['snapshot', 'list', 'web']));
  expect(timeline.snapshots.map(({ name, parent }) => [name, parent !== null])).toEqual([
    ['clean', false],
    ['Snapshot 2', true],
    ['branch', true],
  ]);
  expect((await runBothy(home, ['info', 'web'])).stdout).toMatch(/^Snapshots +3; the present grew from “branch”$/m);
});

describe('restoring', () => {
  test('over a present that has changed is refused without a terminal, with the two ways out', async () => {
    await makeMachine();
    await runBothyJson(home, ['set', 'web', 'memory=96M']);
    const refused = await failBothy(home, ['snapshot', 'restore', 'web', 'clean']);
    expect(refused).toMatchObject({ exitCode: 4, error: { code: 'wrong-state' } });
    expect(refused.error.hint).toMatch(/--keep.*--discard/);
    const both = await failBothy(home, ['snapshot', 'restore', 'web', 'clean', '--keep', '--discard']);
    expect(both).toMatchObject({ exitCode: 2, error: { code: 'usage' } });
    const kept = await runBothy(home, ['snapshot', 'restore', 'web', 'clean', '--keep-as', 'with 96M']);
    expect(kept.stdout).toBe('web: restored “clean”, off\n');
    expect(await readTree('web')).toEqual(['● clean', '├─● Snapshot 2', '│ ● with 96M', '◆ now']);
    await runBothyJson(home, ['set', 'web', 'memory=128M']);
    await runBothyJson(home, ['snapshot', 'restore', 'web', 'with 96M', '--discard']);
    expect(await runBothyJson(home, ['info', 'web'])).toMatchObject({ memoryMiB: 96 });
  });

  test.for([
    ['k', { isKept: true }],
    ['nonsense\ndisc', { isKept: false }],
    ['cancel', null],
    ['\u0004', null],
  ] as const)('on a terminal asks, and %j is an answer', async ([typed, expected], context) => {
    requireOrSkip(context, findTool('script') !== undefined, 'script(1) is not installed');
    await makeMachine();
    await runBothyJson(home, ['set', 'web', 'memory=96M']);
    const result = await runOnTerminal(['snapshot', 'restore', 'web', 'clean'], `${typed}\n`);
    expect(result.stdout).toContain('What “web” is now has changed since “Snapshot 2”');
    expect(result.exitCode).toBe(expected === null ? 130 : 0);
    const { snapshots, current } = timelineInfoSchema.parse(await runBothyJson(home, ['snapshot', 'list', 'web']));
    expect(snapshots).toHaveLength(expected?.isKept === true ? 3 : 2);
    expect(snapshots.find(({ id }) => id === current)?.name).toBe(expected === null ? 'Snapshot 2' : 'clean');
  });

  test('on a terminal does not ask for a snapshot that is not there', async (context) => {
    requireOrSkip(context, findTool('script') !== undefined, 'script(1) is not installed');
    await makeMachine();
    await runBothyJson(home, ['set', 'web', 'memory=96M']);
    const result = await runOnTerminal(['snapshot', 'restore', 'web', 'clear'], '');
    expect(result).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('has no snapshot “clear”') });
    expect(result.stdout).not.toContain('What “web” is now');
  });

  test('on a terminal does not ask when there is nothing to lose', async (context) => {
    requireOrSkip(context, findTool('script') !== undefined, 'script(1) is not installed');
    await makeMachine();
    const result = await runOnTerminal(['snapshot', 'restore', 'web', 'clean'], '');
    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stdout).not.toContain('What “web” is now');
  });
});

test('a running machine goes on from its snapshot; suspended it starts where it was, or afresh when that was thrown away', async () => {
  await runBothyJson(home, ['create', 'web', ...tiny, '--start']);
  const taken = await runBothy(home, ['snapshot', 'create', 'web', 'running']);
  expect(taken.stdout).toMatch(/^web: took “running” \(running, .+, the guest stood still for [0-9]+ ms\)\n$/);
  expect((await runBothy(home, ['suspend', 'web'])).stdout).toBe('web: suspended\n');
  expect((await readTree('web')).at(-1)).toBe('◆ now');
  expect((await runBothy(home, ['start', 'web'])).stdout).toMatch(/^web: running/);
  expect((await runBothy(home, ['snapshot', 'restore', 'web', 'running', '--discard'])).stdout).toBe(
    'web: restored “running”, running\n',
  );
  await runBothyJson(home, ['suspend', 'web']);
  expect((await runBothy(home, ['kill', 'web'])).stdout).toBe('web: off\n');
  expect(await failBothy(home, ['suspend', 'web'])).toMatchObject({ exitCode: 4 });
});

test('deleting says before what becomes of which file, and then does it', async () => {
  mkdirSync(join(home.folder, 'machines'), { recursive: true });
  writeTimelineMachine(home, { id: 'timeline0000', name: 'web', current: '19000000', snapshots: twentySnapshots });
  const folder = join(home.folder, 'machines/timeline0000');
  const ask = ['snapshot', 'delete', 'web', '09000000', '--dry-run'];
  const plan = deletePlanSchema.parse(await runBothyJson(home, ask));
  expect(plan.snapshots).toEqual([{ id: '09000000', name: 'Before the upgrade' }]);
  const text = (await runBothy(home, ask)).stdout;
  expect(text).toMatch(/^Would delete “Before the upgrade”\.\n/);
  expect(text).toMatch(/^removed +[0-9.]+ KiB +snapshots\/09000000$/m);
  expect(text).toMatch(/^kept +[0-9.]+ .iB +disks\/disk0-09000000\.qcow2 +needed by /m);
  expect(existsSync(join(folder, 'snapshots/09000000'))).toBe(true);
  const result = await runBothy(home, ['snapshot', 'delete', 'web', 'Before the upgrade']);
  expect(result.stdout).toMatch(/^web: deleted “Before the upgrade”, about .* freed\n$/);
  expect(existsSync(join(folder, 'snapshots/09000000'))).toBe(false);
  const branch = ['snapshot', 'delete', 'web', 'Try apache instead', '--descendants'];
  expect((await runBothy(home, branch)).stdout).toMatch(/^web: deleted “Try apache instead”, “apache tuned”, “apache with php”/);
  expect(await readTree('web')).not.toContain('│ ● apache tuned');
  for (const [reference, exitCode] of [
    ['no such', 3],
    ['1', 3],
  ] as const)
    expect(await failBothy(home, ['snapshot', 'delete', 'web', reference])).toMatchObject({ exitCode });
});

test('editing changes name and note, one or both', async () => {
  await makeMachine();
  expect((await runBothy(home, ['snapshot', 'edit', 'web', 'clean', '--name', 'new'])).stdout).toBe(
    'web: changed “clean”, now “new”\n',
  );
  const timeline = timelineInfoSchema.parse(await runBothyJson(home, ['snapshot', 'edit', 'web', 'new', '--note', '']));
  expect(timeline.snapshots[0]).toMatchObject({ name: 'new', note: '' });
  expect(await failBothy(home, ['snapshot', 'edit', 'web', 'new'])).toMatchObject({ exitCode: 2, error: { code: 'usage' } });
  expect(await failBothy(home, ['snapshot', 'edit', 'web', 'new', '--name', 'Snapshot 2'])).toMatchObject({
    exitCode: 1,
    error: { code: 'name-taken' },
  });
});

test('clones: linked ones hold the original, until they are made independent', async () => {
  await makeMachine();
  expect((await runBothy(home, ['clone', 'web', 'linked'])).stdout).toBe('linked: a linked clone of web\n');
  expect((await runBothy(home, ['clone', 'web', 'full', '--full'])).stdout).toBe('full: a copy of web\n');
  expect((await runBothy(home, ['clone', 'web', 'old', '--snapshot', 'clean'])).stdout).toBe(
    'old: a linked clone of web as of “clean”\n',
  );
  expect(await runBothyJson(home, ['info', 'linked'])).toMatchObject({ buildsOn: [{ name: 'web' }], dependents: [] });
  expect((await runBothy(home, ['info', 'web'])).stdout).toMatch(/^Built on by +(linked, old|old, linked)$/m);
  expect((await runBothy(home, ['snapshot', 'list', 'web'])).stdout).toMatch(
    /^● clean .*\(clones: (linked, old|old, linked)\)$/m,
  );
  expect(await failBothy(home, ['delete', 'web'])).toMatchObject({ exitCode: 4 });
  expect((await runBothy(home, ['detach', 'linked', 'old'])).stdout).toBe('linked: off\nold: off\n');
  expect((await runBothy(home, ['delete', 'web'])).exitCode).toBe(0);
  expect(await failBothy(home, ['detach', 'full'])).toMatchObject({ exitCode: 4 });
});

test('control characters of a name that was written by hand do not reach the terminal', async () => {
  mkdirSync(join(home.folder, 'machines'), { recursive: true });
  const evil = { id: '01000000', parent: null, name: 'red \u001b[31m', note: '\u009b2J', state: 'off', hoursAgo: 1 } as const;
  writeTimelineMachine(home, { id: 'timeline0000', name: 'web', current: '01000000', snapshots: [evil] });
  const { stdout } = await runBothy(home, ['snapshot', 'list', 'web']);
  expect(stdout).toContain('red \\u{1b}[31m');
  expect(stdout).toContain('\\u{9b}2J');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(stdout).not.toMatch(/[\u001b\u009b]/);
});

/** Runs the command line with a terminal as its streams, as script(1) makes one, and types. */
async function runOnTerminal(args: readonly string[], typed: string) {
  const command = [process.execPath, builtCli, ...args].map((word) => `'${word}'`).join(' ');
  const record = join(home.scratch, 'typescript');
  const child = spawn('script', ['-q', '-e', '-c', command, record], {
    env: { ...home.environment, NO_COLOR: '1', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.write(typed);
  const result = await collect(child);
  return { ...result, stdout: existsSync(record) ? readFileSync(record, 'utf8') : result.stdout };
}
