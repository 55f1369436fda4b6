import type { Socket } from 'node:net';
import { AppError } from '../../contract/app-error.ts';
import type { GuestCommand, GuestProcess } from '../core.ts';
import { getDefinition, getMachine } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import { findRunRecord } from '../machine/run-record.ts';
import type { Site } from '../machine/site.ts';
import { commandChannels } from '../storage/file-names.ts';
import { findIdentityPrelude, forgetNewcomer } from '../throwaway/identity.ts';
import { type Doubt, requireRunning } from './explain-silence.ts';
import type { ParkedShells } from './parked-shells.ts';
import { startOnChannels } from './start-command.ts';

/**
 * Starts a command in a machine's guest: on the channels of a free slot, else (both are taken, or the guest has none or no shell)
 * by the agent alone, which keeps the output until the command has ended.
 */
export async function startInGuest(
  site: Site,
  shells: ParkedShells,
  reference: string | StoredMachine,
  command: GuestCommand,
): Promise<GuestProcess> {
  checkCommand(command);
  if (command.signal?.aborted === true) throw new AppError('cancelled', 'The command was cancelled before it ran.');
  const stored = typeof reference === 'string' ? getMachine(site.store, reference) : reference;
  const run = findRunRecord(stored.folder);
  if (run?.process == null || run.crash !== null) await requireRunning({ site, ...stored });
  const runtimeFolder = run?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id);
  const expiresAt = stored.definition?.throwaway?.expiresAt ?? null;
  const doubt: Doubt = { site, id: stored.id, name: stored.name, runtimeFolder, expiresAt };
  const prelude = findIdentityPrelude(runtimeFolder, run?.configuration ?? getDefinition(stored));
  try {
    const parked = shells.take(stored.id);
    const started =
      (await startOnFreeSlot(doubt, { ...command, prelude }, parked)) ?? (await startCaptured(doubt, { ...command, prelude }));
    if (prelude !== undefined) forgetNewcomer(runtimeFolder);
    return started;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
    await requireRunning(doubt);
    throw new AppError('qemu-unresponsive', `QEMU of “${stored.name}” does not let anybody to the guest's agent.`, {
      hint: 'Try again in a moment; if it stays so, force it off.',
      cause: error,
    });
  }
}

type Prepared = GuestCommand & { readonly prelude: string | undefined };

/** Undefined when no slot can be used. */
async function startOnFreeSlot(doubt: Doubt, command: Prepared, parked: Socket | undefined): Promise<GuestProcess | undefined> {
  let waiting = parked;
  // A shell that waits has the input of the second slot for its script. Where its command needs none, the first stays whole for another.
  const order = parked === undefined || command.hasInput === true ? slots : [...slots].reverse();
  for (const slot of order) {
    const lock = await doubt.site.locks.tryAcquire(`run-${doubt.id}-${slot}`, 'run a command in the guest');
    if (lock === undefined) continue;
    const started = await startOnChannels({ ...doubt, slot, lock }, command, waiting);
    waiting = undefined;
    if (typeof started === 'object') return started;
    if (started !== 'channels-taken' && started !== 'shell-gone') return undefined;
    const { clearSlot } = await import('./end-run.ts');
    const again = await doubt.site.locks.tryAcquire(`run-${doubt.id}-${slot}`, 'run a command in the guest');
    if (again === undefined) continue;
    await clearSlot(doubt.runtimeFolder, slot).catch(() => undefined);
    const second = await startOnChannels({ ...doubt, slot, lock: again }, command);
    if (typeof second === 'object') return second;
  }
  waiting?.destroy();
  return undefined;
}

const slots = [...new Set(commandChannels.map(({ slot }) => slot))];

async function startCaptured(doubt: Doubt, command: Prepared): Promise<GuestProcess> {
  const { startCaptured: start } = await import('./start-captured.ts');
  return start(doubt, command);
}

function checkCommand({ argv, env = [], workdir }: GuestCommand): void {
  const bad = (message: string, hint: string): never => {
    throw new AppError('invalid-input', message, { hint });
  };
  if (argv[0] === '') bad('The command has no name.', 'Name a program after `--`.');
  for (const entry of env) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(entry)) bad(`“${entry}” is no environment variable.`, 'Write it as NAME=value.');
  }
  if (workdir !== undefined && workdir === '') bad('The folder in the guest has no name.', 'Give its path.');
  if ([...argv, ...env, workdir ?? ''].some((text) => text.includes('\0')))
    bad('A command cannot have a zero byte in it.', 'Pass binary data through its input.');
  const bytes = [...argv, ...env].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > longestBytes)
    bad(`The command is ${bytes} bytes long; a guest takes up to ${longestBytes}.`, 'Pass data through its input.');
}

/** Linux takes one argument of 128 KiB, and the wrapper's text is one. */
const longestBytes = 100_000;
