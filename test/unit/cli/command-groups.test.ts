import { expect, test } from 'vitest';
import { defineCommand, flag, machineName } from '../../../cli/command.ts';
import type { CommandTable } from '../../../cli/command-table.ts';
import { complete } from '../../../cli/completion/complete.ts';
import { buildHelp, parseLine } from '../../../cli/program.ts';

const boxName = { name: 'BOX', description: 'which box', isOptional: true, complete: 'shell' } as const;
const none = { none: 'it is made up' };
const open = defineCommand({
  operation: none,
  examples: ['bothy box open demo'],
  positionals: [machineName, boxName],
  options: { wide: flag('all the way') },
  run: () => Promise.resolve(undefined),
});
const close = defineCommand({ operation: none, examples: ['bothy box close'], run: () => Promise.resolve(undefined) });
const look = defineCommand({ operation: none, examples: ['bothy look'], run: () => Promise.resolve(undefined) });
const table: CommandTable = {
  look: { summary: 'look around', load: () => Promise.resolve(look) },
  'box open': { summary: 'open a box', load: () => Promise.resolve(open) },
  'box close': { summary: 'close a box', load: () => Promise.resolve(close) },
};

async function readText(...argv: string[]): Promise<string> {
  const line = await parseLine(argv, table);
  return line.kind === 'text' ? line.text : '(a command)';
}

async function ask(...words: string[]): Promise<string[]> {
  return (await complete(words, {}, table)).split('\n').slice(0, -1);
}

test.each([
  [['box', 'open', 'demo'], ['demo'], false],
  [['box', 'open', 'demo', 'fish'], ['demo', 'fish'], false],
  [['box', 'open', '--wide', 'demo'], ['demo'], true],
  [['box', 'open', 'demo', '--wide', '--', '-x'], ['demo', '-x'], true],
])('%j runs a command of a group', async (argv, positionals, wide) => {
  expect(await parseLine(argv, table)).toEqual({
    kind: 'command',
    command: open,
    arguments: positionals,
    options: { wide },
    isJson: false,
  });
});

test('--json belongs to the command', async () => {
  expect(await parseLine(['box', 'close', '--json'], table)).toMatchObject({ command: close, isJson: true });
});

test('the help of all commands names the groups once, with what they hold', async () => {
  const help = await readText('--help');
  expect(help).toContain('  look           look around\n  box            open, close\n  help ');
  expect(await readText()).toBe(help);
  expect(await readText('help')).toBe(help);
});

test('the help of a group lists its commands', async () => {
  const help = buildHelp('box', undefined, table);
  expect(help).toBe(`Usage: bothy box COMMAND ...

Options:
  -h, --help  print this help

Commands:
  open        open a box
  close       close a box

Every command has its own help: bothy box COMMAND --help
`);
  for (const argv of [['box'], ['box', '--help'], ['help', 'box']]) expect(await readText(...argv)).toBe(help);
});

test('the help of a command of a group', async () => {
  const help = buildHelp('box open', open, table);
  expect(help).toMatch(/^Usage: bothy box open \[options\] <NAME> \[BOX\]\n\nOpen a box\.\n/);
  expect(await readText('box', 'open', '--help')).toBe(help);
  expect(await readText('help', 'box', 'open')).toBe(help);
});

test.each([
  [['box', 'opne'], 'Unknown command “box opne”.', 'Did you mean open?'],
  [['box', 'paint', '--red'], 'Unknown command “box paint”.', 'See: bothy box --help'],
  [['help', 'box', 'paint'], 'Unknown command “box paint”.', 'See: bothy box --help'],
  [['box open'], 'Unknown command “box open”.', 'See: bothy --help'],
  [['bx', 'open'], 'Unknown command “bx”.', 'Did you mean box?'],
  [['box', '--red'], 'Unknown option “--red”.', 'See: bothy box --help'],
  [['box', 'open'], 'Missing required argument “NAME”.', 'See: bothy box open --help'],
  [['box', 'open', 'a', '--wied'], 'Unknown option “--wied”.', 'Did you mean --wide?'],
  [['box', 'close', 'a'], 'Too many arguments for “close”. Expected 0 arguments but got 1.', 'See: bothy box close --help'],
])('%j is refused', async (argv, message, hint) => {
  await expect(parseLine(argv, table)).rejects.toMatchObject({ code: 'usage', message, hint });
});

test('completion goes into groups', async () => {
  expect(await ask('')).toEqual([
    'look\tlook around',
    'box\topen, close',
    'help\tprint the help of a command',
    '--help',
    '--version',
  ]);
  expect(await ask('bo')).toEqual(['box\topen, close']);
  expect(await ask('box', '')).toEqual(['open\topen a box', 'close\tclose a box', '--help\tprint this help']);
  expect(await ask('box', 'c')).toEqual(['close\tclose a box']);
  expect(await ask('help', 'box', '')).toEqual(['open\topen a box', 'close\tclose a box']);
  expect(await ask('box', 'open', '--w')).toEqual(['--wide\tall the way']);
  expect(await ask('box', 'open', 'demo', 'z')).toEqual(['zsh']);
  expect(await ask('box', 'paint', '')).toEqual([]);
});
