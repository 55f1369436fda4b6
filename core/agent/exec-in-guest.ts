import { AppError } from '../../contract/app-error.ts';
import type { CommandResult, CommandWish } from '../../contract/throwaway.ts';
import type { Guests } from '../core.ts';
import { createOutputTail } from '../throwaway/output-tail.ts';
import { waitForExit } from './wait-for-exit.ts';

const keptBytes = 64 * 1024;

/** Runs a command to its end and gives what it printed last. A command that runs out of time is ended: `timed-out`. */
export async function execInGuest(
  guests: Guests,
  machine: { readonly id: string; readonly name: string },
  wish: CommandWish & { readonly input?: string | undefined },
  signal: AbortSignal,
): Promise<CommandResult> {
  const begin = performance.now();
  const { command, env, workdir, timeoutSeconds, input } = wish;
  const [program = '', ...rest] = command;
  const hasInput = input !== undefined;
  const running = await guests.start(machine.id, { argv: [program, ...rest], env, workdir, hasInput, signal });
  running.stdin?.on('error', () => undefined).end(input);
  const [stdout, stderr] = [createOutputTail(keptBytes), createOutputTail(keptBytes)];
  running.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  running.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const { exitCode, isLate } = await waitForExit(running, timeoutSeconds);
  if (isLate) {
    throw new AppError('timed-out', `“${program}” in “${machine.name}” did not end within ${timeoutSeconds} s; it was ended.`, {
      hint: 'Give it more time with --timeout.',
    });
  }
  return {
    exitCode,
    stdout: stdout.read(),
    stderr: stderr.read(),
    isCut: stdout.isCut || stderr.isCut,
    seconds: (performance.now() - begin) / 1000,
  };
}
