import { createReadStream, fstatSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { AppError } from '../contract/app-error.ts';
import type { PortForward } from '../contract/machine.ts';
import type { StartedThrowaway } from '../contract/throwaway.ts';
import type { Call } from './call.ts';
import { buildEnv, execAsDocument } from './guest-options.ts';
import { formatMs } from './output/format-ms.ts';
import type { CopyWish } from './parse/copy.ts';
import { reportError } from './report-error.ts';

/** What `bothy run` was asked for. */
export interface RunWish {
  readonly template: string;
  /** The command; empty for the console. */
  readonly words: readonly string[];
  /** A file, or `-` for stdin. */
  readonly stdin: string | undefined;
  readonly hasTerminal: boolean;
  readonly env: readonly string[];
  readonly workdir: string | undefined;
  readonly timeout: number | undefined;
  readonly copy: readonly CopyWish[];
  readonly copyOut: readonly CopyWish[];
  readonly memory: number | undefined;
  readonly cpus: number | undefined;
  readonly network: 'user' | 'none' | undefined;
  readonly port: readonly PortForward[];
  readonly name: string | undefined;
  readonly ttl: number | undefined;
  readonly keep: boolean;
  readonly trace: boolean;
}

/** How long a guest that boots has until its agent answers. */
const bootSeconds = 300;

/** A throwaway machine with a command, or its console, in it; gives the command's exit code. The machine is gone afterwards. */
export async function runThrowaway(call: Call, wish: RunWish): Promise<number> {
  const isConsole = wish.words.length === 0;
  if (isConsole) checkConsole(wish);
  const trace = createTrace();
  const input = openInput(wish.stdin);
  await checkCopies(wish);
  if (!isConsole) void import('./join-guest.ts');
  const core = await call.core();
  trace.mark('load');
  // Asked for without the contract: what the options gave was parsed, and reading the contract takes as long as all else before the start.
  const creation = core.handlers.throwaway.create(
    {
      template: wish.template,
      name: wish.name,
      memoryMiB: wish.memory,
      cpus: wish.cpus,
      network: wish.network,
      ...(wish.port.length === 0 ? {} : { ports: [...wish.port] }),
      ttlSeconds: wish.ttl,
      isOwned: true,
      // The guest is told who it is together with the command.
      hasCommand: !isConsole,
    },
    { signal: call.signal },
  );
  const started = await creation.catch((error: unknown) => {
    throw blameOptions(error);
  });
  trace.add(started);
  const { id, name } = started.machine;
  try {
    if (started.notice !== null) call.output.note(started.notice);
    const hasWork = !isConsole || wish.copy.length > 0;
    if (!started.isWarm && hasWork) await call.invoke('machine.wait', { machine: id, for: 'agent', timeoutSeconds: bootSeconds });
    for (const copy of wish.copy) await call.invoke('machine.copy', { machine: id, direction: 'in', ...copy });
    if (wish.copy.length > 0) trace.mark('copy in');
    const exitCode = isConsole ? await attachConsole(call, id, name) : await runCommand(call, id, wish, input);
    trace.mark('command');
    if (wish.copyOut.length > 0) {
      await copyOut(call, id, wish.copyOut, exitCode);
      trace.mark('copy out');
    }
    if (wish.keep) await keep(call, id);
    return exitCode;
  } catch (error) {
    // Who wants to keep it wants it all the more when something went wrong in it.
    if (wish.keep && !call.signal.aborted) await keep(call, id).catch(() => undefined);
    throw error;
  } finally {
    await throwAway(call, id);
    trace.mark('end');
    if (wish.trace) call.output.writeError(trace.print());
  }
}

/** Before anything is started: what is in the way of a copy on this side. Throws `file-not-found`, `permission-denied`. */
async function checkCopies({ copy, copyOut }: RunWish): Promise<void> {
  if (copy.length === 0 && copyOut.length === 0) return;
  const { checkSource, findTarget } = await import('../core/agent/copy-ends.ts');
  for (const { hostPath } of copy) checkSource(hostPath);
  for (const { hostPath, guestPath } of copyOut) findTarget(hostPath, guestPath);
}

/** What a machine cannot be made with was said by the options. */
function blameOptions(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'invalid-input') return error;
  return new AppError('usage', error.message, { hint: error.hint, cause: error });
}

/** The exit code of a command that failed says more than that it left nothing to copy. */
async function copyOut(call: Call, machine: string, copies: readonly CopyWish[], exitCode: number): Promise<void> {
  try {
    for (const copy of copies) await call.invoke('machine.copy', { machine, direction: 'out', ...copy });
  } catch (error) {
    if (exitCode === 0 || call.signal.aborted) throw error;
    reportError(error, call.output, call.isJson);
  }
}

/** The command's exit code, after what it printed was passed on, or is told as a document. */
async function runCommand(call: Call, machine: string, wish: RunWish, input: Readable | null): Promise<number> {
  const [program = '', ...rest] = wish.words;
  const { workdir, timeout, hasTerminal } = wish;
  if (call.isJson) {
    return execAsDocument(call, { machine, command: wish.words, env: wish.env, workdir, timeoutSeconds: timeout }, input);
  }
  const [{ joinGuest }, { guests }] = await Promise.all([import('./join-guest.ts'), call.core()]);
  const joint = { guests, signal: call.signal, input, hasTerminal, timeoutSeconds: timeout, isThrownAway: !wish.keep };
  return joinGuest(joint, machine, { argv: [program, ...rest], env: buildEnv(call, wish.env, hasTerminal), workdir });
}

/** One that is kept already, although not all of that was done, is not to be asked for again. */
async function keep(call: Call, machine: string): Promise<void> {
  const kept = await call.invoke('throwaway.keep', { machine });
  call.output.note(`“${kept.name}” was kept; it runs on.`);
}

/** Also after Ctrl+C. One that is kept stays; one whose guest turned itself off, or whose time was over, is gone already. */
async function throwAway(call: Call, machine: string): Promise<void> {
  const core = await call.core();
  try {
    await core.handlers.machine.kill({ machine, ifThrowaway: true }, {});
  } catch (error) {
    if (!(error instanceof AppError && (error.code === 'not-found' || error.code === 'wrong-state'))) throw error;
  }
}

/** Opened before anything is started. Throws `file-unreadable`. */
function openInput(stdin: string | undefined): Readable | null {
  if (stdin === undefined) return null;
  if (stdin === '-') return process.stdin;
  try {
    const fd = openSync(stdin, 'r');
    if (fstatSync(fd).isDirectory()) throw new Error('it is a folder');
    return createReadStream(stdin, { fd });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new AppError(
      'file-unreadable',
      `“${stdin}” cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}.`,
      {
        hint: 'Give a file that is there, or - for what this command reads.',
        cause: error,
      },
    );
  }
}

/** A console wants a person; what goes with a command only is refused. */
function checkConsole(wish: RunWish): void {
  const { copyOut, stdin, hasTerminal, timeout, env, workdir } = wish;
  const isForCommand = copyOut.length > 0 || env.length > 0 || hasTerminal;
  if (isForCommand || stdin !== undefined || timeout !== undefined || workdir !== undefined)
    throw new AppError('usage', 'There is no command to run.', {
      hint: `Write it after \`--\`: bothy run ${wish.template} -- CMD`,
    });
  if (process.stdin.isTTY === true && process.stdout.isTTY === true) return;
  throw new AppError('usage', 'There is no command to run, and no terminal for the machine’s console.', {
    hint: `Give a command: bothy run ${wish.template} -- CMD. Or make a machine that stays: bothy create NAME --from ${wish.template} --throwaway`,
  });
}

async function attachConsole(call: Call, id: string, name: string): Promise<number> {
  const [{ attachSerial }, { lookAfterThrowaways }] = await Promise.all([
    import('./serial-terminal.ts'),
    import('./look-after-throwaways.ts'),
  ]);
  const stream = await (await call.core()).consoles.open(id, 'serial');
  let hasEnded = false;
  stream.once('end', () => {
    hasEnded = true;
  });
  const stopLooking = await lookAfterThrowaways(call);
  call.output.note(`the serial line of “${name}”. Press Enter for its prompt; Ctrl+] leaves and throws the machine away.`);
  await attachSerial({ stream, input: process.stdin, output: process.stdout, signal: call.signal, lingerMs: 1000 }).finally(
    stopLooking,
  );
  call.output.writeError('\r\n');
  if (hasEnded) call.output.note(`“${name}” has ended.`);
  call.signal.throwIfAborted();
  return 0;
}

/** Where the time went, from the start of this process on. */
function createTrace() {
  const phases: { name: string; ms: number }[] = [];
  let last = 0;
  const mark = (name: string): void => {
    const now = performance.now();
    phases.push({ name, ms: now - last });
    last = now;
  };
  return {
    mark,
    /** The phases of the machine's start, and what they leave of the time since the last mark. */
    add(started: StartedThrowaway): void {
      const known = started.phases.reduce((sum, { ms }) => sum + ms, 0);
      phases.push(...started.phases);
      last += known;
      mark('other');
    },
    print: () =>
      [...phases, { name: 'total', ms: performance.now() }].map(({ name, ms }) => `${formatMs(ms)}  ${name}\n`).join(''),
  };
}
