import { Command as Commander, CommanderError, Help, Option } from 'commander';
import { AppError } from '../contract/app-error.ts';
import { bothyVersion } from '../core/version.ts';
import { type AnyOption, buildFlagName, type Command } from './command.ts';
import { commandTable } from './command-table.ts';

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
export async function parseLine(argv: readonly string[]): Promise<ParsedLine> {
  const [first = '', second = ''] = argv.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  const loaded = Object.hasOwn(commandTable, name) ? await commandTable[name]?.load() : undefined;
  let text = '';
  let parsed: ParsedLine | null = null;
  const program = buildProgram(name, loaded, {
    write: (piece) => {
      text += piece;
    },
    run: (found) => {
      parsed = found;
    },
  });
  // A bare `bothy` shows the help. With an unknown command only the command is of interest, whatever else was typed.
  const words = argv.length === 0 ? ['--help'] : name !== '' && loaded === undefined ? ['--', name] : argv;
  try {
    program.parse([...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw buildUsageError(error.message, loaded === undefined ? '' : ` ${name}`);
  }
  return parsed ?? { kind: 'text', text };
}

/** What `--help` prints for a command, or for all of them. */
export function buildHelp(name: string, command: Command | undefined): string {
  const program = buildProgram(name, command, { write: () => undefined, run: () => undefined });
  const found = command === undefined ? program : program.commands.find((one) => one.name() === name);
  let text = '';
  found?.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
  });
  found?.outputHelp();
  return text;
}

interface Hooks {
  write(text: string): void;
  run(line: ParsedLine): void;
}

function buildProgram(name: string, loaded: Command | undefined, hooks: Hooks): Commander {
  const program = new Commander('bothy')
    .description('Local virtual machines as easy as a browser tab, and as disposable.')
    .version(`bothy ${bothyVersion}`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [COMMAND]', 'print the help of a command')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .usage('COMMAND ...')
    .exitOverride()
    .configureOutput({
      writeOut: hooks.write,
      writeErr: () => undefined,
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    });
  for (const [key, entry] of Object.entries(commandTable)) {
    const command = program.command(key).summary(entry.summary).description(sentence(entry.summary));
    if (key === name && loaded !== undefined) addDetails(command, loaded, hooks);
  }
  program.addHelpText(
    'after',
    `
Examples:
  bothy create demo --from debian.iso --start
  bothy list
  bothy console demo

Every command has its own help: bothy COMMAND --help
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such machine, 4 refused because of its state,
124 timed out, 130 cancelled.`,
  );
  return program;
}

function addDetails(target: Commander, command: Command, hooks: Hooks): void {
  for (const positional of command.positionals) {
    target.argument(`<${positional.name}${positional.isVariadic === true ? '...' : ''}>`, positional.description);
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
    const positionals = received.slice(0, command.positionals.length).flat() as string[];
    const { json, ...options } = target.opts<Record<string, unknown>>();
    const initial = Object.fromEntries(Object.entries(command.options).map(([key, option]) => [key, option.initial]));
    hooks.run({ kind: 'command', command, arguments: positionals, options: { ...initial, ...options }, isJson: json === true });
  });
}

function buildOption(key: string, option: AnyOption): Option {
  const label = buildFlagName(key);
  const built = new Option(option.placeholder === null ? label : `${label} <${option.placeholder}>`, option.description);
  if (option.placeholder !== null) {
    built.argParser((text, previous: unknown) => option.parse(text, label, previous ?? option.initial));
  }
  return built.makeOptionMandatory(option.isRequired);
}

/** Commander says `error: ...` and may add a suggestion in brackets; we say a message and a hint. */
function buildUsageError(message: string, place: string): AppError {
  const [problem = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const text = sentence(problem.replace(/'([^']*)'/g, '“$1”'));
  return new AppError('usage', text, { hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? `See: bothy${place} --help` });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;
}

/** A paragraph that already has lines, such as a list, stays as it is. */
function wrap(paragraph: string): string {
  if (paragraph.includes('\n')) return paragraph;
  return paragraph.replace(/(.{1,98})(?: |$)/g, '$1\n').trimEnd();
}
