import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import type { GuestCommand, GuestProcess } from '../core.ts';
import { quoteForShell } from '../qemu/quote-for-shell.ts';
import { commandChannels } from '../storage/file-names.ts';
import type { Lock } from '../storage/lock.ts';
import { connectInTurn } from './agent-socket.ts';
import { isRunAlive, type RunInGuest, resizeRun, signalRun } from './end-run.ts';
import { type Doubt, explainSilence } from './explain-silence.ts';
import { type MarkedStream, readBetweenMarks } from './marked-stream.ts';
import { tellParkedShell } from './park-shell.ts';
import { AgentRefusal, type AgentRequest, requestAgent } from './request-agent.ts';
import { askAgent, type ExecStatus } from './run-script.ts';
import { watchWork } from './swamped.ts';
import { watchRun } from './watch-run.ts';
import { buildStreamMarks, wrapForChannels, wrapperExit } from './wrap-command.ts';

/** Where a command is to run. */
export interface CommandPlace extends Doubt {
  readonly slot: number;
  /** That of the slot; this module lets go of it. */
  readonly lock: Lock;
}

/** Why a command did not come to run on a slot, although nothing is wrong with it. */
export type NoSlot = 'channels-taken' | 'no-channels' | 'no-shell' | 'shell-gone';

/** A guest in which all is well answers in far less. After that it is asked about more and more rarely: asking is work for it too. */
const doubtAfterMs = 150;
const longestDoubtMs = 2000;
/** A guest that is swamped, as one of twenty clones that start at once, may need this. */
const startMs = 20_000;
/** As long as it works: twenty of a whole Debian on two CPUs take most of a minute. */
const swampedMs = 120_000;
/** After this a shell that was to run the command is asked after, unless its guest is at work, and again after twice as long each time. */
const parkedDoubtMs = 2000;
/** From asking a command to end to killing it, and from there to giving up. */
const graceMs = 2000;

/**
 * Starts a command over the channels of a slot: one request to the agent, whose answer nobody waits for when the command has
 * spoken before it. All else travels through the channels; to a shell that waits in the guest the request does too, by `parked`.
 */
export async function startOnChannels(
  place: CommandPlace,
  command: GuestCommand & { readonly prelude?: string | undefined },
  parked?: Socket,
): Promise<GuestProcess | NoSlot> {
  const { runtimeFolder, slot } = place;
  const deadline = performance.now() + startMs;
  const token = randomBytes(12).toString('hex');
  const sockets = parked === undefined ? [] : [parked];
  let request: AgentRequest<{ pid: number }> | undefined;
  const letGo = async (): Promise<void> => {
    request?.close();
    for (const socket of sockets) socket.destroy();
    await place.lock.release();
  };
  try {
    const open = async (kind: 'in' | 'out' | 'err'): Promise<Socket> => {
      const name = commandChannels.find((channel) => channel.slot === slot && channel.kind === kind)?.socket ?? '';
      const socket = await connectInTurn(join(runtimeFolder, name), deadline);
      sockets.push(socket);
      return socket;
    };
    const input = command.hasInput === true ? open('in') : null;
    const [stdin, out, err, asked] = await Promise.all([
      input,
      open('out'),
      open('err'),
      parked === undefined
        ? requestAgent<{ pid: number }>(
            runtimeFolder,
            'guest-exec',
            { path: '/bin/sh', arg: ['-c', ...wrapForChannels(command, slot, token)] },
            deadline,
          )
        : tellShell(parked, wrapForChannels(command, slot, token)),
    ]);
    request = asked;
    const marks = buildStreamMarks(token);
    const [stdout, stderr] = [readBetweenMarks(out, marks), readBetweenMarks(err, marks)];
    const run = parked === undefined ? null : { runtimeFolder, slot, token, pid: null, isParked: true };
    const outcome = await waitForBegin(place, asked, stdout, { deadline, signal: command.signal, parked: run });
    if (outcome !== 'begun') {
      await letGo();
      return outcome;
    }
    return follow({ place, token, isParked: parked !== undefined, asked, stdin, stdout, stderr, letGo, signal: command.signal });
  } catch (error) {
    const pid = await Promise.race([request?.answer.then((answer) => answer.pid).catch(() => null), delay(0, null)]);
    if (pid != null) await signalRun({ runtimeFolder, slot, token, pid, isParked: false }, 'KILL').catch(() => undefined);
    await letGo();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && (error as NodeJS.ErrnoException).syscall === 'connect')
      return 'no-channels';
    throw error;
  }
}

/** Gives a shell that waits for it the script and its words; it says nothing in answer. */
function tellShell(parked: Socket, [script = '', , ...words]: readonly string[]): AgentRequest<never> {
  tellParkedShell(parked, `set -- ${quoteForShell(words)}\n${script}`);
  return { answer: new Promise<never>(() => {}), close: () => parked.destroy() };
}

/** Waits until the wrapper has its channels. When that takes long, the machine, the agent and the wrapper are asked why. */
async function waitForBegin(
  place: CommandPlace,
  asked: AgentRequest<{ pid: number }>,
  stdout: MarkedStream,
  {
    deadline,
    signal,
    parked,
  }: { readonly deadline: number; readonly signal: AbortSignal | undefined; readonly parked: RunInGuest | null },
): Promise<'begun' | NoSlot> {
  const sentAt = performance.now();
  let lookMs = parkedDoubtMs;
  const worstAt = sentAt + swampedMs;
  let isAtWork: (() => boolean) | undefined;
  let pid: number | null = null;
  const begun = stdout.begun.then(() => 'begun' as const);
  const refused = asked.answer.then(
    (answer) => {
      pid = answer.pid;
      return new Promise<never>(() => {});
    },
    (error: unknown) => {
      if (!(error instanceof AgentRefusal)) return new Promise<never>(() => {});
      if (/no such file|failed to execute/i.test(error.message)) return 'no-shell' as const;
      throw new AppError('agent-missing', `The agent of “${place.name}” refuses to run commands: ${error.message}`, {
        hint: 'Its configuration in the guest must allow “guest-exec”.',
      });
    },
  );
  for (let doubtMs = doubtAfterMs; ; doubtMs = Math.min(longestDoubtMs, doubtMs * 1.5)) {
    const first = await Promise.race([begun, refused, wait(doubtMs, signal)]);
    if (first !== 'late') return first;
    if (signal?.aborted === true) throw new AppError('cancelled', 'The command was cancelled before it ran.');
    if (pid !== null) {
      const status = await askAgent<ExecStatus>(place.runtimeFolder, 'guest-exec-status', { pid }, 2000).catch(() => null);
      if (status?.exited === true) {
        if (status.exitcode === wrapperExit.channelsTaken) return 'channels-taken';
        // 98, or a shell that knows no more than this.
        return 'no-channels';
      }
    }
    isAtWork ??= watchWork(place.runtimeFolder);
    // It says nothing when it ends without the channels, or was killed; what is gone cannot run the command as well.
    if (parked !== null && performance.now() - sentAt > lookMs && (performance.now() > deadline || !isAtWork())) {
      lookMs *= 2;
      if (!(await isRunAlive(parked).catch(() => true))) return 'shell-gone';
    }
    const now = performance.now();
    await explainSilence(place, now > worstAt || (now > deadline && !isAtWork()));
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<'late'> {
  return delay(ms, 'late' as const, { ...(signal === undefined ? {} : { signal }) }).catch(() => 'late' as const);
}

interface Started {
  readonly place: CommandPlace;
  readonly token: string;
  readonly isParked: boolean;
  readonly asked: AgentRequest<{ pid: number }>;
  readonly stdin: Socket | null;
  readonly stdout: MarkedStream;
  readonly stderr: MarkedStream;
  readonly letGo: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** The command as it runs. */
function follow({ place, token, isParked, asked, stdin, stdout, stderr, letGo, signal }: Started): GuestProcess {
  const { runtimeFolder, slot } = place;
  const run = { runtimeFolder, slot, token, isParked, pid: null as number | null } satisfies RunInGuest;
  asked.answer.then(
    ({ pid }) => {
      run.pid = pid;
    },
    () => undefined,
  );
  let failure: Error | undefined;
  const giveUp = (error: Error): void => {
    failure ??= error;
    stdout.close();
    stderr.close();
  };
  const stopWatching = watchRun(run, place, [stdout, stderr], giveUp);
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= endRun(place, run, Promise.all([stdout.ended, stderr.ended]), giveUp);
    return ending;
  };
  const cancel = (): void => void end();
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  stdin?.resume();
  stdin?.on('error', () => undefined);

  const conclude = async (): Promise<number> => {
    const [code] = await Promise.all([stdout.ended, stderr.ended]);
    stopWatching();
    signal?.removeEventListener('abort', cancel);
    await Promise.all([letGo(), ...[stdout, stderr].map(({ stream }) => finished(stream).catch(() => undefined))]);
    if (signal?.aborted === true) throw new AppError('cancelled', 'The command was cancelled.');
    if (failure !== undefined) throw failure;
    if (code !== undefined) return code;
    await explainSilence(place, false);
    throw new AppError('qemu-unresponsive', `QEMU closed the channels of the command in “${place.name}”.`, {
      hint: 'Try again; the command may still run in the guest.',
    });
  };
  const exitCode = conclude();
  exitCode.catch(() => undefined);
  return {
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    exitCode,
    resize: (columns, rows) => void resizeRun(run, columns, rows).catch(() => undefined),
    end,
  };
}

/** Asked first, killed a moment later; when even that is not heard of, why not. */
async function endRun(
  place: CommandPlace,
  run: RunInGuest,
  ended: Promise<unknown>,
  giveUp: (error: Error) => void,
): Promise<void> {
  const hasEnded = ended.then(() => true);
  try {
    for (const signal of ['TERM', 'KILL'] as const) {
      // The script and its answer take a while of their own, for which a command that has ended does not wait.
      const sent = signalRun(run, signal).then(() => delay(graceMs, false, { ref: false }));
      sent.catch(() => undefined);
      if (await Promise.race([hasEnded, sent])) return;
    }
  } catch {
    // The agent does not answer; the reason is found below.
  }
  const reason = await explainSilence(place, true).catch((error: unknown) => error as Error);
  giveUp(
    reason ??
      new AppError('timed-out', `The command in “${place.name}” could not be ended.`, {
        hint: 'It may run on in the guest: end it there, or force the machine off.',
      }),
  );
}
