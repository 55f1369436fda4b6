import { Command as Commander, CommanderError, Help, Option } from 'commander';
import { AppError } from '../contract/app-error.ts';
import { bothyVersion } from '../core/version.ts';
import { type AnyOption, buildFlagName, type Command } from './command.ts';
import { type CommandEntry, type CommandTable, commandTable } from './command-table.ts';
import { findCommand, listGroup, listTopLevel } from './find-command.ts';

/** A command line understood: something to print at once, or a command to run. */
export type ParsedLine =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'command';
      readonly command: Command;
      readonly arguments: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
      readonly isJson: boolean;
    };

/** Parses a command line by the table. Wrong usage is thrown as an AppError with the next step. */
export async function parseLine(argv: readonly string[], table: CommandTable = commandTable): Promise<ParsedLine> {
  const typed = argv.filter((word) => !word.startsWith('-'));
  const isHelpWanted = typed[0] === 'help';
  const found = findCommand(table, isHelpWanted ? typed.slice(1) : typed);
  const loaded = found.kind === 'command' ? { name: found.path.join(' '), command: await found.entry.load() } : null;
  let text = '';
  let parsed: ParsedLine | null = null;
  // A line that begins with a command's name is about that one; the others are dozens.
  const isAbout = found.kind === 'command' && argv[0] === found.path[0];
  const program = buildProgram(isAbout ? { [found.path.join(' ')]: found.entry } : table, loaded, {
    write: (piece) => {
      text += piece;
    },
    run: (line) => {
      parsed = line;
    },
  });
  const { path } = found;
  // A bare `bothy` or `bothy snapshot` shows the help. With an unknown command only that is of interest, whatever else was typed.
  const isBare = found.kind === 'group' && argv.length === path.length;
  const words = found.kind === 'unknown' ? ['--', ...path] : isHelpWanted || isBare ? [...path, '--help'] : argv;
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return parsed ?? { kind: 'text', text };
    if (found.kind !== 'unknown') throw buildUsageError(error.message, path);
    throw buildUsageError(error.message, path.slice(0, -1), otherWords[path.join(' ')]);
  }
  return parsed ?? { kind: 'text', text };
}

/** What `--help` prints for a command, for a group of commands, or, with an empty name, for all of them. */
export function buildHelp(name: string, command: Command | undefined, table: CommandTable = commandTable): string {
  const loaded = command === undefined ? null : { name, command };
  const program = buildProgram(table, loaded, { write: () => undefined, run: () => undefined });
  const path = name === '' ? [] : name.split(' ');
  const found = path.reduce<Commander | undefined>((at, word) => at?.commands.find((one) => one.name() === word), program);
  let text = '';
  found?.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  found?.outputHelp();
  return text;
}

interface LoadedCommand {
  readonly name: string;
  readonly command: Command;
}

interface Hooks {
  write(text: string): void;
  run(line: ParsedLine): void;
}

function buildProgram(table: CommandTable, loaded: LoadedCommand | null, hooks: Hooks): Commander {
  const program = new Commander('bothy')
    .description('Local virtual machines as easy as a browser tab, and as disposable.')
    .version(`bothy ${bothyVersion}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [COMMAND...]', 'print the help of a command')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .usage('COMMAND ...')
    .exitOverride()
    .configureOutput({
      writeOut: hooks.write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    });
  for (const { name, summary, isGroup } of listTopLevel(table)) {
    const command = program.command(name).summary(summary);
    if (isGroup) addGroup(command, listGroup(table, name), loaded, hooks);
    else describeCommand(command, name, summary, loaded, hooks);
  }
  program.addHelpText(
    'after',
    `
Examples:
  bothy create demo --from debian.iso --start
  bothy list
  bothy console demo

Every command has its own help: bothy COMMAND --help
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such machine or snapshot, 4 refused because of its
state, 124 timed out, 130 cancelled.`,
  );
  return program;
}

/** A first word that only stands before others; its help lists those. */
function addGroup(
  group: Commander,
  commands: readonly (readonly [string, CommandEntry])[],
  loaded: LoadedCommand | null,
  hooks: Hooks,
): void {
  group.usage('COMMAND ...').helpCommand(false).helpOption('-h, --help', 'print this help');
  for (const [word, { summary }] of commands) {
    describeCommand(group.command(word).summary(summary), `${group.name()} ${word}`, summary, loaded, hooks);
  }
  group.addHelpText('after', `\nEvery command has its own help: bothy ${group.name()} COMMAND --help`);
}

function describeCommand(target: Commander, name: string, summary: string, loaded: LoadedCommand | null, hooks: Hooks): void {
  target.description(sentence(summary));
  if (loaded?.name === name) addDetails(target, loaded.command, hooks);
}

function addDetails(target: Commander, command: Command, hooks: Hooks): void {
  for (const positional of command.positionals) {
    const name = `${positional.name}${positional.isVariadic === true ? '...' : ''}`;
    target.argument(positional.isOptional === true ? `[${name}]` : `<${name}>`, positional.description);
  }
  for (const [key, option] of Object.entries(command.options)) target.addOption(buildOption(key, option));
  if (command.hasJson) target.option('--json', 'print one JSON document');
  target.helpOption('-h, --help', 'print this help').configureHelp({ styleUsage: (usage) => usage });
  target.createHelp = () => Object.assign(new Help(), { helpWidth: 100 });
  const details = command.details.map((paragraph) => `\n${wrap(paragraph)}\n`).join('');
  const examples = command.examples.map((example) => `  ${example}`).join('\n');
  target.addHelpText('after', `${details}\nExamples:\n${examples}`);
  target.action((...received: unknown[]) => {
    // Commander calls with the positionals, then the options, then itself.
    const positionals = received.slice(0, command.positionals.length).flat() as (string | undefined)[];
    const given = positionals.filter((word) => word !== undefined);
    const { json, ...options } = target.opts<Record<string, unknown>>();
    const initial = Object.fromEntries(Object.entries(command.options).map(([key, option]) => [key, option.initial]));
    hooks.run({ kind: 'command', command, arguments: given, options: { ...initial, ...options }, isJson: json === true });
  });
}

function buildOption(key: string, option: AnyOption): Option {
  const label = buildFlagName(key);
  const flags = option.short === undefined ? label : `-${option.short}, ${label}`;
  const built = new Option(option.placeholder === null ? flags : `${flags} <${option.placeholder}>`, option.description);
  if (option.placeholder !== null) {
    built.argParser((text, previous: unknown) => option.parse(text, label, previous ?? option.initial));
  }
  return built.makeOptionMandatory(option.isRequired);
}

/** What people from elsewhere may type, and what it is called here. */
const otherWords: Readonly<Record<string, string>> = {
  'template rename': 'template edit TEMPLATE --name NEW',
  rename: 'set NAME name=NEW',
  ls: 'list',
  ps: 'list',
  rm: 'delete NAME',
  stop: 'shutdown NAME',
};

/** Commander says `error: ...` and may add a suggestion in brackets; we say a message and a hint. */
function buildUsageError(message: string, path: readonly string[], otherWord?: string): AppError {
  const [problem = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const full = problem.replace(/^unknown command '/, (start) => `${start}${path.map((word) => `${word} `).join('')}`);
  const text = sentence(full.replace(/'([^']*)'/g, '“$1”'));
  return new AppError('usage', text, {
    hint:
      otherWord !== undefined
        ? `That is: bothy ${otherWord}`
        : (suggestion?.replace(/^\((.*)\)$/, '$1') ?? `See: ${['bothy', ...path].join(' ')} --help`),
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
}

/** A paragraph that already has lines, such as a list, stays as it is. */
function wrap(paragraph: string): string {
  if (paragraph.includes('\n')) return paragraph;
  return paragraph.replace(/(.{1,98})(?: |$)/g, '$1\n').trimEnd();
}
