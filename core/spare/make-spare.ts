import { AppError } from '../../contract/app-error.ts';
import { parkShell } from '../agent/park-shell.ts';
import { createParkedShells } from '../agent/parked-shells.ts';
import { startInGuest } from '../agent/start-in-guest.ts';
import { getById } from '../machine/find-machine.ts';
import { makeMachineId } from '../machine/new-identity.ts';
import { findRun } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { noteNewcomer } from '../throwaway/identity.ts';
import { introduce } from '../throwaway/introduce.ts';
import { makeClone } from '../throwaway/make-clone.ts';
import { describeOwner } from '../throwaway/plan-guard.ts';
import { goOn, type StartedClone } from '../throwaway/start-clone.ts';
import { vanish } from '../throwaway/vanish.ts';
import { type SpareFacts, writeSpareFacts } from './spare-facts.ts';

/** How long the guest may take for its first command. */
const patienceMs = 30_000;

/**
 * Makes a clone that waits for somebody: it went on from its template's memory, was told who it is, has run one command, and stands
 * still with a shell that waits for the next. Under emulation that first command is what takes longest, since none of the guest's code is
 * translated before. It ends with this process. Throws `wrong-state` when the template has no memory that fits.
 */
export async function makeSpare(site: Site, templateId: string, signal: AbortSignal): Promise<void> {
  const id = makeMachineId();
  checkSocketBudget(site.store.homes, id);
  const lock = await site.locks.acquire(id, 'keep a machine ready', { subject: 'a machine that nobody knows yet' });
  try {
    const throwaway = { owner: describeOwner(), expiresAt: null };
    const made = await makeClone(site, templateId, { id, name: null, throwaway, isWarmWanted: true, isSpare: true });
    if (!made.fit.isFit) throw new AppError('internal', 'A spare without memory was made.');
    try {
      const started = await goOn(site, { ...made, fit: made.fit }, { signal, onPhase: () => {} });
      writeSpareFacts(started.run.runtimeFolder, await prepare(site, started, signal));
    } catch (error) {
      const stored = site.store.find(id);
      if (stored !== undefined) await vanish(site, { stored, ...findRun(site.store, stored) });
      throw error;
    }
    site.store.announce(id);
  } finally {
    await lock.release();
  }
}

/**
 * What can be done before anybody comes. The shell that waits is held by nobody while the guest stands still: it learns of the change of
 * hands only when the next holder is there (Linux, drivers/char/virtio_console.c: both messages are handled at once).
 */
async function prepare(site: Site, started: StartedClone, signal: AbortSignal): Promise<SpareFacts> {
  const { runtimeFolder } = started.run;
  const hasShell = started.shell !== null;
  if (hasShell) await runFirstCommand(site, started, signal);
  else if (started.hasAgent) await introduce(runtimeFolder, started.machine);
  // It stands still from now on. The agent may not have reached a shell that listens; told twice is no harm.
  if (started.hasAgent) noteNewcomer(runtimeFolder, hasShell ? 'time' : 'all');
  const channel = hasShell ? await parkShell(runtimeFolder) : undefined;
  await withMonitor(runtimeFolder, (monitor) => monitor.execute('stop'));
  channel?.destroy();
  return { hasAgent: started.hasAgent, isShellParked: channel !== undefined };
}

async function runFirstCommand(site: Site, { machine, shell }: StartedClone, signal: AbortSignal): Promise<void> {
  const shells = createParkedShells();
  if (shell !== null) shells.keep(machine.id, shell);
  const late = AbortSignal.timeout(patienceMs);
  try {
    const guest = getById(site.store, machine.id);
    const command = await startInGuest(site, shells, guest, { argv: ['true'], signal: AbortSignal.any([signal, late]) });
    command.stdout.resume();
    command.stderr.resume();
    await command.exitCode;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    throw new AppError('timed-out', `Its guest did not run a command within ${patienceMs / 1000} s.`, { cause: error });
  }
}
