import { machineNamePattern } from '../../contract/machine.ts';
import type { Core } from '../../core/core.ts';
import { buildFlagName, type Command, type Completion } from '../command.ts';
import { type CommandTable, commandTable } from '../command-table.ts';
import { findCommand, listGroup, listTopLevel } from '../find-command.ts';
import { escapeText } from '../output/escape-text.ts';
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
  const plain = words.map(unquote);
  const current = plain.at(-1) ?? '';
  const candidates = await findCandidates(plain.slice(0, -1), current, environment, table);
  return candidates
    .filter((candidate) => candidate === fileMark || candidate.startsWith(current))
    .map((candidate) => `${candidate}\n`)
    .join('');
}

/** A word as it is meant: shells hand over what was typed, with its quotes and backslashes. */
function unquote(word: string): string {
  return word.replace(/\\(.)|["']/gs, '$1');
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
  if (awaited !== undefined)
    return awaited.choices ?? (await findValues(awaited.complete, listPositionals(command, rest), current, environment));
  if (current.startsWith('-') && !rest.includes('--')) return listOptions(command, rest);
  // bash takes `cdrom=` apart into three words.
  if (rest.at(-1) === '=' || current === '=') return [fileMark];
  const typed = listPositionals(command, rest);
  const positional = command.positionals[typed.length] ?? command.positionals.findLast((one) => one.isVariadic === true);
  return positional === undefined ? [] : await findValues(positional.complete, typed, current, environment);
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
  current: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  switch (kind) {
    case 'image': {
      const disks = await readDiskNames(environment);
      return disks.some((name) => name.startsWith(current)) ? disks : [fileMark];
    }
    case 'snapshot':
      return await readSnapshotNames(typed[0] ?? '', environment);
    case 'machine':
      return (await readMachineNames(environment)).filter((name) => !typed.includes(name));
    case 'template':
      return await readTemplateNames(environment);
    case 'file':
      return [fileMark];
    case 'key':
      return keyNames;
    case 'setting':
      return settingKeys.map((one) => describe(`${one.key}=`, one.description));
    case 'condition':
      return ['running', 'off', 'agent', 'ssh', 'serial:'];
    case 'readiness':
      return ['agent', 'ssh', 'serial:'];
    case 'shell':
      return Object.keys(completionScripts);
    case 'none':
      return [];
  }
}

async function readMachineNames(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const machines = await askCore(environment, (core) => core.handlers.machine.list({}, {}));
  return (machines ?? []).map((machine) => (machineNamePattern.test(machine.name) ? machine.name : machine.id)).toSorted();
}

async function readTemplateNames(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const templates = await askCore(environment, (core) => core.handlers.template.list({}, {}));
  return (templates ?? []).map(({ name, note }) => describe(name, escapeText(note.split('\n')[0] ?? ''))).toSorted();
}

/** The snapshots of a machine, newest first: the names as they are, which a shell may have to quote. */
async function readSnapshotNames(machine: string, environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const timeline = await askCore(environment, (core) => core.handlers.snapshot.list({ machine }, {}));
  return (timeline?.snapshots ?? []).toReversed().map(({ name, note }) => describe(name, escapeText(note.split('\n')[0] ?? '')));
}

/** `web:disk0` for every disk of every machine. */
async function readDiskNames(environment: Readonly<Record<string, string | undefined>>): Promise<string[]> {
  const list = await askCore(environment, (core) => core.handlers.image.list({}, {}));
  return (list?.images ?? [])
    .flatMap(({ role, machine, device }) => (role === 'present' && machine !== null ? [`${machine.name}:${device}`] : []))
    .toSorted();
}

/** Trouble in here must not spill into a line that is being typed: no answer then. */
async function askCore<T>(
  environment: Readonly<Record<string, string | undefined>>,
  ask: (core: Core) => Promise<T>,
): Promise<T | undefined> {
  try {
    const { createCore } = await import('../../core/create-core.ts');
    const core = createCore({ environment });
    const answer = await ask(core);
    await core.close();
    return answer;
  } catch {
    return undefined;
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
