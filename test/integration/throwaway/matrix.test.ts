import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type MatrixRow, type MatrixWish, matrixRowSchema } from '../../../contract/throwaway.ts';
import type { Core } from '../../../core/core.ts';
import { runBothy } from '../../kit/run-bothy.ts';
import { shareDemoTemplate } from '../../kit/share-demo-template.ts';

const shared = shareDemoTemplate();

interface Played {
  /** The last that was told of each row, by its index. */
  readonly rows: readonly MatrixRow[];
  readonly events: readonly MatrixRow[];
  readonly error: unknown;
}

async function play(
  core: Core,
  wish: MatrixWish,
  react: (row: MatrixRow) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Played> {
  const events: MatrixRow[] = [];
  let error: unknown;
  try {
    for await (const row of core.handlers.throwaway.matrix(wish, { signal })) {
      events.push(matrixRowSchema.parse(row));
      react(row);
    }
  } catch (caught) {
    error = caught;
  }
  const rows = [...new Map(events.map((row) => [row.index, row])).values()].sort((a, b) => a.index - b.index);
  return { rows, events, error };
}

function statesOf(events: readonly MatrixRow[], index: number): string[] {
  return [...new Set(events.filter((row) => row.index === index).map(({ state }) => state))];
}

test('one command over several templates: each row has its own machine, output, exit code and screen', async () => {
  const { core, home } = shared;
  const { machine } = core.handlers;
  const script = 'echo out $WORD $PWD; hostname; echo err >&2; exit 3';
  const command = ['sh', '-c', script];
  const { rows, events, error } = await play(core, {
    templates: ['demo', 'gone', 'demo'],
    command,
    env: ['WORD=said'],
    workdir: '/data',
    parallel: 2,
  });
  expect(error).toBeUndefined();
  expect(events.slice(0, 3).map(({ index, state }) => [index, state])).toEqual([0, 1, 2].map((index) => [index, 'waiting']));
  expect(statesOf(events, 0)).toEqual(['waiting', 'starting', 'running', 'done']);
  const [first, gone, third] = rows;
  for (const row of [first, third]) {
    expect(row).toMatchObject({ state: 'done', exitCode: 3, stderr: 'err\n', isCut: false, error: null });
    expect(row?.stdout).toMatch(/^out said \/data\n/);
    expect(
      Buffer.from(row?.screenshotBase64 ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(row?.seconds).toBeLessThan(60);
  }
  // Each had a machine, and so a host name, of its own.
  expect(first?.stdout).not.toBe(third?.stdout);
  expect(gone).toMatchObject({ state: 'failed', exitCode: null, error: { code: 'not-found' } });
  expect(await machine.list({}, {})).toEqual([]);
  expect(readdirSync(join(home.folder, 'run'))).toEqual([]);
});

test('one at a time when asked so; a command that never ends is ended, and long output keeps its end', async () => {
  const { core } = shared;
  const { machine } = core.handlers;
  const running = new Set<number>();
  let most = 0;
  const command = ['sh', '-c', 'seq 1 100000; echo begun; sleep 1000'];
  const { rows } = await play(core, { templates: ['demo', 'demo'], command, parallel: 1, timeoutSeconds: 3 }, (row) => {
    if (row.state === 'starting' || row.state === 'running') running.add(row.index);
    else running.delete(row.index);
    most = Math.max(most, running.size);
  });
  expect(most).toBe(1);
  for (const row of rows) {
    expect(row).toMatchObject({ state: 'done', exitCode: 124, isCut: true, error: null });
    expect(row.stdout).toMatch(/\n100000\nbegun\n$/);
    expect(row.seconds).toBeGreaterThanOrEqual(3);
  }
  expect(await machine.list({}, {})).toEqual([]);
});

test('cancelling, and not reading any more, end all commands and machines', async () => {
  const { core } = shared;
  const { machine } = core.handlers;
  const wish = { templates: ['demo', 'demo', 'demo'], command: ['sleep', '1000'], parallel: 2 };
  const controller = new AbortController();
  const { rows, error } = await play(core, wish, (row) => row.state === 'running' && controller.abort(), controller.signal);
  expect(error).toMatchObject({ code: 'cancelled' });
  expect(rows.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  expect(await machine.list({}, {})).toEqual([]);

  for await (const row of core.handlers.throwaway.matrix(wish, {})) if (row.state === 'running') break;
  expect(await machine.list({}, {})).toEqual([]);
  expect((await core.handlers.task.list({}, {})).filter(({ state }) => state === 'running')).toEqual([]);
});

test('bothy run --on prints a grid or JSON, and its exit code tells of the worst', async () => {
  const { home } = shared;
  const run = (on: string, ...args: string[]) => runBothy(home, ['run', '--on', on, ...args]);

  const good = await run('demo,demo', '--', 'echo', 'hello');
  expect(good).toMatchObject({ exitCode: 0, stderr: '' });
  expect(good.stdout).toMatch(/^TEMPLATE +EXIT +TIME +OUTPUT\n(demo +0 +\d+\.\d+ s +hello\n){2}$/);

  const bad = await run('demo', '--parallel', '1', '--json', '--', 'sh', '-c', 'exit 7');
  expect(bad.exitCode).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject([{ template: 'demo', state: 'done', exitCode: 7 }]);

  const broken = await run('demo,none', '--', 'true');
  expect(broken.exitCode).toBe(125);
  expect(broken.stdout).toMatch(/none +failed +- +There is no template “none”/);
  expect(existsSync(join(home.folder, 'run')) ? readdirSync(join(home.folder, 'run')) : []).toEqual([]);
});

test('a guest that dies fails its row alone', async () => {
  const { core } = shared;
  const { machine } = core.handlers;
  const { rows } = await play(core, { templates: ['demo'], command: ['sh', '-c', 'poweroff -f'] });
  expect(rows[0]).toMatchObject({ state: 'failed', exitCode: null, screenshotBase64: null });
  expect(rows[0]?.error?.message).not.toMatch(/internal/i);
  expect(await machine.list({}, {})).toEqual([]);
});
