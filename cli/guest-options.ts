import { AppError } from '../contract/app-error.ts';
import type { Call } from './call.ts';
import { flag, option, repeated } from './command.ts';
import { parseSeconds } from './parse/size.ts';
import { reportError } from './report-error.ts';

/** What Bothy's own failure counts as where the command's exit code is passed on. */
const bothyFailed = 125;

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

/** All of what a command reads whose end is told as a document. */
export async function readText(input: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Does the work of a command that passes an exit code on; its own failures are told and become 125. */
export async function passExitCode(call: Call, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && (error.code === 'cancelled' || error.code === 'usage')) throw error;
    reportError(error, call.output, call.isJson);
    return bothyFailed;
  }
}
