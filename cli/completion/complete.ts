import { machineNamePattern } from '../../contract/machine.ts';
import { buildFlagName, type Command, type Completion } from '../command.ts';
import { type CommandTable, commandTable } from '../command-table.ts';
import { findCommand, listGroup, listTopLevel } from '../find-command.ts';
import { settingKeys } from '../parse/settings.ts';
import { completionScripts } from './scripts.ts';

/**
 * What may stand in place of the last word, one candidate per line with its description after a tab, or `:file`. The words
 * are those after `bothy`; the last one may be empty.
 */
export async function complete(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  table: CommandTable = commandTable,
): Promise<string> {
  const current = words.at(-1) ?? '';
  const candidates = await findCandidates(words.slice(0, -1), current, environment, table);
  return candidates
    .filter((candidate) => candidate === fileMark || candidate.startsWith(current))
    .map((candidate) => `${candidate}\n`)
    .join('');
}

const fileMark = ':file';

async function findCandidates(
  before: readonly string[],
  current: string,
  environment: Readonly<Record<string, string | undefined>>,
  table: CommandTable,
): Promise<readonly string[]> {
  const isHelp = before[0] === 'help';
  const found = findCommand(table, isHelp ? before.slice(1) : before);
  if (found.kind === 'group') {
    const [group] = found.path;
    const commands = listGroup(table, group ?? '').map(([word, entry]) => describe(word, entry.summary));
    if (group !== undefined) return isHelp ? commands : [...commands, describe('--help', 'print this help')];
    const names = listTopLevel(table).map((one) => describe(one.name, one.summary));
    return isHelp ? names : [...names, describe('help', 'print the help of a command'), '--help', '--version'];
  }
  if (found.kind !== 'command' || isHelp) return [];
  const command = await found.entry.load();
  const rest = before.slice(found.path.length);
  const awaited = findAwaitedOption(command, rest);
  if (awaited !== undefined) return awaited.choices ?? (await findValues(awaited.complete, [], environment));
  if (current.startsWith('-') && !rest.includes('--')) return listOptions(command, rest);
  // bash takes `cdrom=` apart into three words.
  if (rest.at(-1) === '=' || current === '=') return [fileMark];
  const typed = listPositionals(command, rest);
  const positional = command.positionals[typed.length] ?? command.positionals.findLast((one) => one.isVariadic === true);
  return positional === undefined ? [] : await findValues(positional.complete, typed, environment);
}

function findAwaitedOption(command: Command, words: readonly string[]): Command['options'][string] | undefined {
  const last = words.at(-1) ?? '';
  const found = Object.entries(command.options).find(
    ([key, option]) => option.placeholder !== null && buildFlagName(key) === last,
  );
  return found?.[1];
}

function listOptions(command: Command, words: readonly string[]): string[] {
  const own = Object.entries(command.options)
    .filter(([key, option]) => option.isRepeatable || !words.includes(buildFlagName(key)))
    .map(([key, option]) => describe(buildFlagName(key), option.description));
  return [
    ...own,
    ...(command.hasJson ? [describe('--json', 'print one JSON document')] : []),
    describe('--help', 'print this help'),
  ];
}

function listPositionals(command: Command, words: readonly string[]): string[] {
  return words.filter((word, index) => !word.startsWith('-') && findAwaitedOption(command, words.slice(0, index)) === undefined);
}

async function findValues(
  kind: Completion,
  typed: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  switch (kind) {
    case 'machine':
      return (await readMachineNames(environment)).filter((name) => !typed.includes(name));
    case 'file':
      return [fileMark];
    case 'key':
      return keyNames;
    case 'setting':
      return settingKeys.map((one) => describe(`${one.key}=`, one.description));
    case 'condition':
      return ['running', 'off', 'agent', 'ssh', 'serial:'];
    case 'shell':
      return Object.keys(completionScripts);
    case 'none':
      return [];
  }
}

/** Trouble in here must not spill into a line that is being typed: no names then. */
async function readMachineNames(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  try {
    const { createCore } = await import('../../core/create-core.ts');
    const core = createCore({ environment });
    const machines = await core.handlers.machine.list({}, {});
    await core.close();
    return machines.map((machine) => (machineNamePattern.test(machine.name) ? machine.name : machine.id)).toSorted();
  } catch {
    return [];
  }
}

const keyNames: readonly string[] = [
  ...['enter', 'esc', 'tab', 'space', 'backspace', 'delete', 'insert', 'home', 'end', 'pgup', 'pgdn'],
  ...['up', 'down', 'left', 'right', 'ctrl-alt-del', 'ctrl-alt-f1', 'ctrl-alt-f2', 'ctrl-c', 'ctrl-d', 'alt-f4'],
  ...Array.from({ length: 12 }, (_, index) => `f${index + 1}`),
];

function describe(value: string, description: string): string {
  return `${value}\t${description}`;
}
