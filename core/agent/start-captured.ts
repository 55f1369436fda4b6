import { randomBytes } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { GuestCommand, GuestProcess } from '../core.ts';
import { type Doubt, explainSilence } from './explain-silence.ts';
import { AgentRefusal } from './request-agent.ts';
import { askAgent, type ExecStatus } from './run-script.ts';
import { wrapForCapture } from './wrap-command.ts';

/** The agent keeps this much of each output (QEMU, qga/commands.c, GUEST_EXEC_MAX_OUTPUT). */
const keptMiB = 16;
/** Input travels inside the request. */
const inputLimit = 4 * 1024 ** 2;
const answerMs = 10_000;
const graceMs = 2000;

/**
 * Starts a command by the agent alone: its input is taken whole before it starts, its output is given whole when it has ended, up to
 * 16 MiB. For guests without a shell or without the channels, and while these are taken.
 */
export async function startCaptured(
  doubt: Doubt,
  command: GuestCommand & { readonly prelude?: string | undefined },
): Promise<GuestProcess> {
  if (command.terminal !== undefined) {
    throw new AppError('wrong-state', `“${doubt.name}” has no channel free for a terminal.`, {
      hint: 'Two commands at a time can have their input and output carried live, in guests with a shell. Try again when another has ended.',
    });
  }
  const stdin = command.hasInput === true ? new PassThrough() : null;
  const stdout = new PassThrough({ highWaterMark: keptMiB * 1024 ** 2 });
  const stderr = new PassThrough({ highWaterMark: keptMiB * 1024 ** 2 });
  const pid =
    stdin === null
      ? startProgram(doubt, command, undefined)
      : readAll(stdin).then((input) => startProgram(doubt, command, input));
  pid.catch(() => undefined);
  // What has no input is known to run, or why not, before anybody gets it.
  if (stdin === null) await pid;
  const controller = new AbortController();
  const end = async (): Promise<void> => {
    controller.abort();
    // Who reads what never comes would wait for ever.
    stdin?.destroy();
    await exitCode.catch(() => undefined);
  };
  const cancel = (): void => void end();
  command.signal?.addEventListener('abort', cancel, { once: true });
  const follow = async (): Promise<number> => {
    try {
      const status = await waitForExit(doubt, await pid, controller.signal);
      stdout.end(Buffer.from(status['out-data'] ?? '', 'base64'));
      stderr.end(Buffer.from(status['err-data'] ?? '', 'base64'));
      await Promise.all([stdout, stderr].map((stream) => finished(stream).catch(() => undefined)));
      command.signal?.throwIfAborted();
      if (status['out-truncated'] === true || status['err-truncated'] === true) throw buildCutError(doubt.name);
      return status.signal === undefined ? (status.exitcode ?? 0) : 128 + status.signal;
    } catch (error) {
      // Its input was still being read.
      throw command.signal?.aborted === true ? new AppError('cancelled', 'The command was cancelled.') : error;
    } finally {
      command.signal?.removeEventListener('abort', cancel);
      for (const stream of [stdout, stderr]) if (!stream.writableEnded) stream.end();
    }
  };
  const exitCode = follow();
  exitCode.catch(() => undefined);
  if (command.signal?.aborted === true) cancel();
  return { stdin, stdout, stderr, exitCode, resize: () => undefined, end };
}

function buildCutError(name: string): AppError {
  return new AppError('wrong-state', `The command in “${name}” printed more than the ${keptMiB} MiB that its agent keeps.`, {
    hint: 'Its output is cut. Run it when fewer commands run there, or write to a file and copy that.',
  });
}

async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    if (bytes > inputLimit) {
      throw new AppError('invalid-input', 'The command has more input than its guest agent takes: 4 MiB.', {
        hint: 'Copy it in as a file, or run the command when fewer run there.',
      });
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function startProgram(
  doubt: Doubt,
  command: Parameters<typeof startCaptured>[1],
  input: Buffer | undefined,
): Promise<number> {
  const common = { 'capture-output': true, ...(input === undefined ? {} : { 'input-data': input.toString('base64') }) };
  const ask = (parameters: object) =>
    askAgent<{ pid: number }>(doubt.runtimeFolder, 'guest-exec', { ...parameters, ...common }, answerMs);
  try {
    const token = randomBytes(12).toString('hex');
    return (await ask({ path: '/bin/sh', arg: wrapForCapture(command, token) })).pid;
  } catch (error) {
    if (!(error instanceof AgentRefusal)) throw await explain(doubt, error);
    if (command.env !== undefined || command.workdir !== undefined) {
      throw new AppError('invalid-input', `The guest of “${doubt.name}” has no /bin/sh, which --env and --workdir take.`, {
        hint: 'Say it in the words of its own shell, as with `cmd /c "cd … && …"`.',
      });
    }
    const [path, ...arg] = command.argv;
    return (
      await ask({ path, arg }).catch((again: unknown) => {
        throw new AppError('invalid-input', `“${path}” did not start in “${doubt.name}”: ${(again as Error).message}`, {
          hint: 'Give the whole path of a program that is in the guest.',
        });
      })
    ).pid;
  }
}

async function explain(doubt: Doubt, error: unknown): Promise<unknown> {
  return explainSilence(doubt, true).then(
    () => error,
    (reason: unknown) => reason,
  );
}

/** Asks more and more rarely whether it has ended; after the signal it is asked to end, then killed. */
async function waitForExit(doubt: Doubt, pid: number, signal: AbortSignal): Promise<ExecStatus> {
  let askedToEndAt: number | undefined;
  for (let pauseMs = 5; ; pauseMs = Math.min(250, pauseMs * 1.5)) {
    const status = await askAgent<ExecStatus>(doubt.runtimeFolder, 'guest-exec-status', { pid }, answerMs).catch(
      async (error) => {
        throw await explain(doubt, error);
      },
    );
    if (status.exited) return status;
    if (signal.aborted && (askedToEndAt === undefined || performance.now() - askedToEndAt > graceMs)) {
      await kill(doubt, pid, askedToEndAt === undefined ? 'TERM' : 'KILL');
      askedToEndAt ??= performance.now();
    }
    await delay(pauseMs, undefined, signal.aborted ? {} : { signal }).catch(() => undefined);
  }
}

/** With all its descendants, in a guest with a shell; else in the way of Windows. */
async function kill({ runtimeFolder }: Doubt, pid: number, signal: 'TERM' | 'KILL'): Promise<void> {
  const { signalTree } = await import('./end-run.ts');
  await signalTree(runtimeFolder, pid, signal).catch(() =>
    askAgent(runtimeFolder, 'guest-exec', { path: 'taskkill', arg: ['/T', '/F', '/PID', String(pid)] }, answerMs).catch(
      () => undefined,
    ),
  );
}
