import { AppError } from '../contract/app-error.ts';
import type { Positional } from './command.ts';

/** The CMD... after `--`. */
export const guestCommand: Positional = {
  name: 'CMD',
  description: 'the program and its arguments, after `--`',
  isVariadic: true,
  complete: 'none',
};

/** Throws `usage` when there is none. */
export function getGuestCommand(words: readonly string[]): [string, ...string[]] {
  const [program, ...rest] = words;
  if (program === undefined || program === '')
    throw new AppError('usage', 'There is no command to run.', { hint: 'Write it after `--`.' });
  return [program, ...rest];
}
