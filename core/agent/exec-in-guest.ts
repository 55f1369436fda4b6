import type { CommandResult, CommandWish } from '../../contract/throwaway.ts';
import type { Guests } from '../core.ts';
import { createOutputTail } from '../throwaway/output-tail.ts';
import { waitForExit } from './wait-for-exit.ts';

const keptBytes = 64 * 1024;

/** Runs a command to its end and gives what it printed last. One that runs out of time is ended, with the exit code 124. */
export async function execInGuest(
  guests: Guests,
  machineId: string,
  wish: CommandWish & { readonly input?: string | undefined; readonly inputBase64?: string | undefined },
  signal: AbortSignal,
): Promise<CommandResult> {
  const begin = performance.now();
  const { command, env, workdir, timeoutSeconds } = wish;
  const [program = '', ...rest] = command;
  const input = wish.inputBase64 === undefined ? wish.input : Buffer.from(wish.inputBase64, 'base64');
  const hasInput = input !== undefined;
  const running = await guests.start(machineId, { argv: [program, ...rest], env, workdir, hasInput, signal });
  running.stdin?.on('error', () => undefined).end(input);
  const [stdout, stderr] = [createOutputTail(keptBytes), createOutputTail(keptBytes)];
  running.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  running.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const { exitCode } = await waitForExit(running, { timeoutSeconds, signal });
  return {
    exitCode,
    stdout: stdout.read(),
    stderr: stderr.read(),
    isCut: stdout.isCut || stderr.isCut,
    seconds: (performance.now() - begin) / 1000,
  };
}
