import { addAbortSignal, type Readable } from 'node:stream';
import { AppError } from '../contract/app-error.ts';
import type { Call } from './call.ts';
import { flag, option, repeated } from './command.ts';
import { parseSeconds } from './parse/size.ts';

/** The options that `exec` and `run` have in common. */
export const guestOptions = {
  interactive: { ...flag('give the command what this one reads'), short: 'i' },
  terminal: { ...flag('give the command a terminal, joined with this one (includes -i)'), short: 't' },
  env: repeated('NAME=VALUE', 'set an environment variable', parseEnv),
  workdir: option('DIR', 'the folder in the guest to run it in', (text) => text),
  timeout: option('SECONDS', 'end the command after this time; the exit code is then 124', parseSeconds),
};

function parseEnv(text: string, label: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(text)) return text;
  throw new AppError('usage', `${label} takes NAME=VALUE, not “${text}”.`);
}

/** The variables as they were given; a terminal's kind is told as well. */
export function buildEnv(call: Call, env: readonly string[], hasTerminal: boolean): readonly string[] {
  const kind = call.environment['TERM'];
  return hasTerminal && kind !== undefined && !env.some((entry) => entry.startsWith('TERM=')) ? [`TERM=${kind}`, ...env] : env;
}

/** Throws `usage` when there is no terminal to join. */
export function checkTerminal(hasTerminal: boolean): void {
  if (!hasTerminal || (process.stdin.isTTY === true && process.stdout.isTTY === true)) return;
  throw new AppError('usage', 'There is no terminal here to join with -t.', { hint: 'Leave -t out, or use -i for a pipe.' });
}

/** Asks for `machine.exec`, whose result is told as a document; gives the command's exit code. `input` is read to its end first. */
export async function execAsDocument(
  call: Call,
  wish: Readonly<Record<string, unknown>>,
  input: Readable | null,
): Promise<number> {
  const inputBase64 = input === null ? undefined : await readInput(input, call.signal);
  const result = await call.invoke('machine.exec', { ...wish, inputBase64 });
  call.output.writeJson(result);
  return result.exitCode;
}

/** As base64. Throws the signal's reason. */
async function readInput(input: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of addAbortSignal(signal, input)) chunks.push(chunk as Buffer);
  } catch (error) {
    signal.throwIfAborted();
    throw new AppError('file-unreadable', `The input cannot be read to its end: ${(error as Error).message}.`, { cause: error });
  }
  return Buffer.concat(chunks).toString('base64');
}
