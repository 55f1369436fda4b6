import { AppError } from '../contract/app-error.ts';
import type { OperationName } from '../core/invoke.ts';
import type { Call } from './call.ts';

/** What the shell completes in this place. */
export type Completion =
  | 'machine'
  | 'template'
  | 'readiness'
  | 'snapshot'
  | 'image'
  | 'file'
  | 'key'
  | 'setting'
  | 'condition'
  | 'shell'
  | 'none';

/** A positional argument; only the last one may be variadic, and optional ones stand at the end. */
export interface Positional {
  readonly name: string;
  readonly description: string;
  readonly isVariadic?: true;
  readonly isOptional?: true;
  readonly complete: Completion;
}

/** An option and the type of its value. `T` is what `call.options` holds for it. */
export interface OptionSpec<T> {
  /** Shown in help as `--memory SIZE`; null for a flag. */
  readonly placeholder: string | null;
  readonly description: string;
  /** A letter that stands for it, as `-i`. */
  readonly short?: string;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
  readonly choices: readonly string[] | null;
  readonly complete: Completion;
  readonly initial: T;
  /** Turns one occurrence into the new value; `label` is what an error calls it, such as `--memory`. */
  readonly parse: (text: string, label: string, previous: T) => T;
}

/** An option of any value type, as the code that only lists options sees it. */
export type AnyOption = Omit<OptionSpec<unknown>, 'parse'> & {
  parse(text: string, label: string, previous: unknown): unknown;
};

type OptionSet = Readonly<Record<string, AnyOption>>;

/** The values of a command's options, typed by their declarations. */
export type OptionValues<O> = { readonly [K in keyof O]: O[K] extends { readonly initial: infer T } ? T : never };

/** One command: everything parsing, help, completion and the documentation are derived from. */
export interface Command {
  /** The operation it asks for (several when an option makes it another one), or why there is none. */
  readonly operation: OperationName | readonly OperationName[] | { readonly none: string };
  /** What comes after the options in `--help`: paragraphs, or lists that have their line breaks already. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
  readonly positionals: readonly Positional[];
  readonly options: OptionSet;
  /** False for the few commands that have nothing to say in JSON. */
  readonly hasJson: boolean;
  /** Whether its exit code is that of a guest's command; what Bothy itself fails with is then 125. */
  readonly passesExitCode: boolean;
  /** Does the work; the number it returns is the exit code, nothing means 0. */
  run(call: Call, options: Readonly<Record<string, unknown>>): Promise<number | undefined>;
}

interface CommandDeclaration<O extends OptionSet> {
  readonly operation: Command['operation'];
  readonly details?: readonly string[];
  readonly examples: readonly [string, ...string[]];
  readonly positionals?: readonly Positional[];
  readonly options?: O;
  readonly hasJson?: boolean;
  readonly passesExitCode?: boolean;
  run(call: Call, options: OptionValues<O>): Promise<number | undefined>;
}

/** Declares a command; the types of its option values follow from the options. */
export function defineCommand<const O extends OptionSet = Record<never, never>>(declaration: CommandDeclaration<O>): Command {
  return {
    operation: declaration.operation,
    details: declaration.details ?? [],
    examples: declaration.examples,
    positionals: declaration.positionals ?? [],
    options: declaration.options ?? {},
    hasJson: declaration.hasJson ?? true,
    passesExitCode: declaration.passesExitCode ?? false,
    run: (call, options) => declaration.run(call, options as OptionValues<O>),
  };
}

/** An option without a value. */
export function flag(description: string): OptionSpec<boolean> {
  return { ...plain, placeholder: null, description, initial: false, parse: () => true };
}

/** An option with a value, which `parse` checks. */
export function option<T>(
  placeholder: string,
  description: string,
  parse: (text: string, label: string) => T,
  complete: Completion = 'none',
): OptionSpec<T | undefined> {
  return { ...plain, placeholder, description, complete, initial: undefined, parse };
}

/** An option whose value is one of a few words; another one is refused by the option's name. */
export function choice<const Value extends string>(
  choices: readonly Value[],
  description: string,
): OptionSpec<Value | undefined> {
  const parse = (text: string, label: string): Value => {
    const found = choices.find((value) => value === text);
    if (found !== undefined) return found;
    throw new AppError('invalid-input', `${label}: “${text}” is none of ${choices.join(', ')}.`, { hint: 'Give one of these.' });
  };
  return { ...plain, placeholder: choices.join('|'), description, choices, initial: undefined, parse };
}

/** An option that may be given several times. */
export function repeated<T>(
  placeholder: string,
  description: string,
  parse: (text: string, label: string) => T,
): OptionSpec<readonly T[]> {
  return {
    ...plain,
    placeholder,
    description,
    isRepeatable: true,
    initial: [],
    parse: (text, label, previous) => [...previous, parse(text, label)],
  };
}

/** The NAME that most commands take. */
export const machineName: Positional = {
  name: 'NAME',
  description: 'name, id, or unambiguous start of the id',
  complete: 'machine',
};

/** The TEMPLATE that most commands of templates take. */
export const templateName: Positional = {
  name: 'TEMPLATE',
  description: 'its name, its id, or an unambiguous start of the id',
  complete: 'template',
};

/** The SNAPSHOT of the machine that was named before. */
export const snapshotName: Positional = {
  name: 'SNAPSHOT',
  description: 'its name, its id, or an unambiguous start of the id',
  complete: 'snapshot',
};

/** One or more NAMEs. */
export const machineNames: Positional = {
  ...machineName,
  description: 'names, ids, or unambiguous starts of ids',
  isVariadic: true,
};

/** What `--memory-size` is called on the command line, from its key `memorySize`. */
export function buildFlagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const plain = { isRequired: false, isRepeatable: false, choices: null, complete: 'none' } as const;
