import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCore } from '../../../core/create-core.ts';
import { readWarmState } from '../../../core/template/warm-state.ts';
import { collect, runCli, startCli } from '../../kit/built-cli.ts';
import { shareDemoTemplate } from '../../kit/share-demo-template.ts';
import { waitUntil } from '../../kit/wait-until.ts';

const findShell = ['sh', '-c', 'grep -al "bothy-parked-sh[e]ll" /proc/[0-9]*/cmdline || echo none'];

const shared = shareDemoTemplate();

test('the first command in a clone goes to the shell that waits in its memory, and is like any other', async () => {
  const { core, home } = shared;
  const [template] = await core.handlers.template.list({}, {});
  const templateFolder = join(home.folder, 'machines', template?.id ?? '');
  const warm = readdirSync(templateFolder).find((name) => name.startsWith('warm-'));
  expect(readWarmState(join(templateFolder, warm ?? '')).guest.isShellParked).toBe(true);
  const run = (...words: string[]) => runCli(home.environment, 'run', 'demo', ...words);

  // It is the shell that runs it, and nothing of what it is given is lost on the way.
  expect((await run('--', ...findShell)).stdout).toMatch(/^\/proc\/[0-9]+\/cmdline\n$/);
  const words = ['two\nlines', "it's", '$HOME `id` "x"', '', '-n', '\\n'];
  const told = await run('--env', 'A=b c\nd', '--', 'sh', '-c', 'printf "%s|" "$A" "$@"; echo oops >&2; exit 7', 'sh', ...words);
  expect(told).toMatchObject({ exitCode: 7, stdout: ['b c\nd', ...words].map((word) => `${word}|`).join(''), stderr: 'oops\n' });
  const endless = await run('--timeout', '1', '--', 'sh', '-c', 'trap "" TERM; while :; do sleep 1; done');
  expect(endless.exitCode).toBe(124);

  // Ctrl+C ends the command and then the machine.
  const child = startCli(
    home.environment,
    'run',
    'demo',
    '--',
    'sh',
    '-c',
    'trap "echo bye; exit 3" INT TERM; echo up; sleep 1000 & wait',
  );
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = collect(child);
  await waitUntil('the command speaks', () => said.includes('up'));
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ exitCode: 130, stdout: 'up\nbye\n' });
  expect(await core.handlers.machine.list({}, {})).toEqual([]);
});

test('a clone that nobody has a command for lets the shell go', async () => {
  const { core } = shared;
  const { machine } = await core.handlers.throwaway.create({ template: 'demo' }, {});
  const ask = () => core.handlers.machine.exec({ machine: machine.id, command: findShell }, {});
  expect((await ask()).stdout).toBe('none\n');
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  await core.handlers.machine.kill({ machine: machine.id }, {});
});

test('beside a command of the shell that waited, another one has its input, output and terminal live', async () => {
  const { core } = shared;
  const { machine } = await core.handlers.throwaway.create({ template: 'demo', hasCommand: true }, {});
  const first = await core.guests.start(machine.id, { argv: ['sleep', '1000'] });
  const second = await core.guests.start(machine.id, { argv: ['head', '-n', '1'], hasInput: true });
  for (const stream of [first.stdout, first.stderr, second.stderr]) stream.resume();
  let said = '';
  second.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  second.stdin?.write('live\n');
  // Kept by the agent it would get nothing before its input has ended.
  expect(await second.exitCode).toBe(0);
  expect(said).toBe('live\n');
  await first.end();
  await core.handlers.machine.kill({ machine: machine.id }, {});
});

test('a command whose shell was killed before it came is started by the agent', async () => {
  const { core, home } = shared;
  const { machine } = await core.handlers.throwaway.create({ template: 'demo', hasCommand: true }, {});
  const kill = ['sh', '-c', 'kill -9 $(grep -al "bothy-parked-sh[e]ll" /proc/[0-9]*/cmdline | cut -d / -f 3)'];
  const other = createCore({ environment: home.environment });
  expect((await other.handlers.machine.exec({ machine: machine.id, command: kill }, {})).exitCode).toBe(0);
  await other.close();
  const { stdout } = await core.handlers.machine.exec({ machine: machine.id, command: ['echo', 'here'] }, {});
  expect(stdout).toBe('here\n');
  await core.handlers.machine.kill({ machine: machine.id }, {});
});
