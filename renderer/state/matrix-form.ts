import type { MatrixWish } from '../../contract/throwaway.ts';

/** What the matrix page holds while it is filled in. */
export interface MatrixValues {
  /** Names of templates. */
  readonly templates: readonly string[];
  readonly command: string;
  /** Whether the guest's shell reads the command; else it is a program and its arguments. */
  readonly usesShell: boolean;
  /** Empty: as many as fit. */
  readonly parallel: number | '';
  /** Empty: as long as it takes. */
  readonly timeoutSeconds: number | '';
  /** One `NAME=value` a line. */
  readonly environment: string;
  readonly workdir: string;
  readonly network: 'user' | 'none';
}

/** The places of the form that can be wrong. */
export type MatrixField = 'templates' | 'command' | 'parallel' | 'timeoutSeconds' | 'environment' | 'workdir';
export type MatrixProblems = Partial<Record<MatrixField, string>>;

const maxParallel = 64;
const maxTimeoutSeconds = 31_536_000;

export function buildMatrixDefaults(): MatrixValues {
  return {
    templates: [],
    command: '',
    usesShell: true,
    parallel: '',
    timeoutSeconds: '',
    environment: '',
    workdir: '',
    network: 'user',
  };
}

/** What keeps the form from being sent, by field; `known` are the names of the templates there are. */
export function findMatrixProblems(values: MatrixValues, known: ReadonlySet<string>): MatrixProblems {
  const problems: MatrixProblems = {};
  if (!values.templates.some((name) => known.has(name))) problems.templates = 'Choose at least one template.';
  if (values.command.trim() === '') problems.command = 'Write a command.';
  else if (!values.usesShell && splitWords(values.command) === null) problems.command = 'A quotation mark is not closed.';
  const { parallel, timeoutSeconds } = values;
  if (parallel !== '' && (!Number.isInteger(parallel) || parallel < 1 || parallel > maxParallel))
    problems.parallel = `A whole number from 1 to ${maxParallel}.`;
  if (timeoutSeconds !== '' && (timeoutSeconds <= 0 || timeoutSeconds > maxTimeoutSeconds))
    problems.timeoutSeconds = 'More than 0 seconds, and at most a year.';
  const odd = listEntries(values.environment).find((entry) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(entry));
  if (odd !== undefined) problems.environment = `“${odd}” is not of the form NAME=value.`;
  if (values.workdir !== '' && !values.workdir.startsWith('/') && !/^[A-Za-z]:[\\/]/.test(values.workdir))
    problems.workdir = 'Write the whole path of a folder in the guest.';
  return problems;
}

/** The finished form as the operation takes it; templates that are gone are left out. */
export function buildMatrixWish(values: MatrixValues, known: ReadonlySet<string>): MatrixWish {
  const env = listEntries(values.environment);
  const { parallel, timeoutSeconds, workdir } = values;
  return {
    templates: values.templates.filter((name) => known.has(name)),
    command: values.usesShell ? ['sh', '-c', values.command] : [...(splitWords(values.command) ?? [])],
    ...(parallel === '' ? {} : { parallel }),
    ...(timeoutSeconds === '' ? {} : { timeoutSeconds }),
    ...(env.length === 0 ? {} : { env: [...env] }),
    ...(workdir === '' ? {} : { workdir }),
    ...(values.network === 'none' ? { network: values.network } : {}),
  };
}

/** Splits a command as a shell does that knows quotation marks and backslashes, and nothing else; null when a mark is not closed. */
export function splitWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (quote === null && /\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null ? letter === "'" || letter === '"' : letter === quote) {
      quote = quote === null ? letter : null;
      word ??= '';
    } else if (letter === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1;
      word = (word ?? '') + text[index];
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (word !== null) words.push(word);
  return quote === null ? words : null;
}

function listEntries(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
