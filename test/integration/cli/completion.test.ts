import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { builtCli } from '../../kit/built-cli.ts';
import { findTool, requireOrSkip } from '../../kit/require-tool.ts';
import { runBothy, runBothyJson } from '../../kit/run-bothy.ts';
import { type TestHome, useTestHome } from '../../kit/test-home.ts';

const run = promisify(execFile);
const fast = ['--disk', '0', '--memory', '32M'];

test('candidates for every place of a line', async () => {
  const home = useTestHome();
  for (const name of ['web', 'work']) await runBothyJson(home, ['create', name, ...fast]);
  const ask = async (...words: string[]) =>
    (await runBothy(home, ['__complete', ...words])).stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t')[0]);
  expect(await ask('re')).toEqual(['reboot', 'reset', 'resume']);
  expect(await ask('start', 'w')).toEqual(['web', 'work']);
  expect(await ask('start', 'web', '')).toEqual(['work']);
  expect(await ask('info', 'web', '')).toEqual([]);
  expect(await ask('create', 'x', '--f')).toEqual(['--from', '--firmware']);
  expect(await ask('create', 'x', '--firmware', 'uefi')).toEqual(['uefi', 'uefi-secure']);
  expect(await ask('create', 'x', '--from', '')).toEqual([':file']);
  expect(await ask('screenshot', 'web', '')).toEqual([':file']);
  expect(await ask('wait', 'web', '--for', 'r')).toEqual(['running']);
  expect(await ask('set', 'web', 'mem')).toEqual(['memory=']);
  expect(await ask('keys', 'web', 'ctrl-alt-d')).toEqual(['ctrl-alt-del']);
  expect(await ask('list', '--')).toEqual(['--json', '--help']);
  expect(await ask('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  expect(await ask('nonsense', '')).toEqual([]);
  expect(await ask('snapshot', 'c')).toEqual(['create']);
  await runBothyJson(home, ['snapshot', 'create', 'web', 'clean']);
  await runBothyJson(home, ['snapshot', 'create', 'web', 'two words', '--note', 'why']);
  expect(await ask('snapshot', 'restore', 'web', '')).toEqual(['two words', 'clean']);
  expect(await ask('snapshot', 'delete', '--dry-run', 'web', 'two\\ w')).toEqual(['two words']);
  expect(await ask('clone', 'web', 'new', '--snapshot', 'c')).toEqual(['clean']);
  expect(await ask('snapshot', 'restore', 'work', '')).toEqual([]);
});

test('in bash', async (context) => {
  requireOrSkip(context, findTool('bash') !== undefined, 'bash is not installed');
  const home = useTestHome();
  await runBothyJson(home, ['create', 'web', ...fast]);
  const complete = async (...words: string[]) => {
    const script = `source <(bothy completion bash)
      compopt() { echo "compopt $*"; }
      COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _bothy; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await run('bash', ['--norc', '-c', script, 'bash', 'bothy', ...words], { env: withBothyOnPath(home) })).stdout.trim();
  };
  expect(await complete('star')).toBe('start');
  expect(await complete('start', 'w')).toBe('web');
  expect(await complete('create', 'x', '--fro')).toBe('--from');
  expect(await complete('create', 'x', '--from', '')).toBe('compopt -o default');
  expect(await complete('set', 'web', 'mem')).toBe('compopt -o nospace\nmemory=');
  await runBothyJson(home, ['snapshot', 'create', 'web', "what's new"]);
  expect(await complete('snapshot', 'delete', 'web', 'wh')).toBe("what\\'s\\ new");
  expect(await complete('snapshot', 'delete', 'web', "what\\'s\\ n")).toBe("what\\'s\\ new");
  expect(await complete('snapshot', 'delete', 'web', '"wh')).toBe("what's new");
});

test('in zsh', async (context) => {
  if (findTool('zsh') === undefined) context.skip('zsh is not installed');
  const home = useTestHome();
  await runBothyJson(home, ['create', 'web', ...fast]);
  const file = join(home.scratch, 'bothy.zsh');
  writeFileSync(file, (await runBothy(home, ['completion', 'zsh'])).stdout);
  const script = `compdef() { : }; source "$1"; shift
    _describe() { local name="\${@[$#]}"; [[ $name == '' ]] && name="\${@[-3]}"; print -l -- "\${(P@)4}"; }
    _files() { print files; }; words=("$@"); CURRENT=$#; _bothy`;
  const complete = async (...words: string[]) =>
    (await run('zsh', ['-f', '-c', script, 'zsh', file, 'bothy', ...words], { env: withBothyOnPath(home) })).stdout.trim();
  expect(await complete('star')).toBe('start:start machines');
  expect(await complete('start', 'w')).toBe('web');
  expect(await complete('create', 'x', '--from', '')).toBe('files');
  await runBothyJson(home, ['snapshot', 'create', 'web', 'at 10:30', '--note', 'why']);
  expect(await complete('snapshot', 'delete', 'web', 'at\\ 1')).toBe('at 10:30:why');
});

test('in fish', async (context) => {
  if (findTool('fish') === undefined) context.skip('fish is not installed');
  const home = useTestHome();
  await runBothyJson(home, ['create', 'web', ...fast]);
  const file = join(home.scratch, 'bothy.fish');
  writeFileSync(file, (await runBothy(home, ['completion', 'fish'])).stdout);
  const complete = async (line: string) =>
    (
      await run('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], { env: withBothyOnPath(home) })
    ).stdout.trim();
  expect(await complete('bothy star')).toBe('start\tstart machines');
  expect(await complete('bothy start w')).toBe('web');
  await runBothyJson(home, ['snapshot', 'create', 'web', 'two words', '--note', 'why']);
  expect(await complete('bothy snapshot delete web tw')).toBe('two words\twhy');
});

function withBothyOnPath(home: TestHome): NodeJS.ProcessEnv {
  const bin = join(home.scratch, 'bin');
  mkdirSync(bin, { recursive: true });
  try {
    symlinkSync(builtCli, join(bin, 'bothy'));
  } catch {
    // There from an earlier question of the same test.
  }
  return { ...home.environment, PATH: `${bin}${delimiter}${process.env['PATH']}` };
}
