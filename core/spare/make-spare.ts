import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../contract/app-error.ts';
import { parkShell } from '../agent/park-shell.ts';
import { createParkedShells } from '../agent/parked-shells.ts';
import { startInGuest } from '../agent/start-in-guest.ts';
import { makeMachineId } from '../machine/new-identity.ts';
import { findRun } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';
import { noteNewcomer } from '../throwaway/identity.ts';
import { introduce } from '../throwaway/introduce.ts';
import { makeClone } from '../throwaway/make-clone.ts';
import { describeOwner } from '../throwaway/plan-guard.ts';
import { goOn, type StartedClone } from '../throwaway/start-clone.ts';
import { vanish } from '../throwaway/vanish.ts';

/** `spare.json`: what the guest of a spare can do. It is there once the spare is whole. */
const spareFactsSchema = z.strictObject({ hasAgent: z.boolean(), isShellParked: z.boolean() });
type SpareFacts = z.infer<typeof spareFactsSchema>;

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
      const facts = await prepare(site, started);
      writeFileAtomically(join(started.run.runtimeFolder, runtimeFile.spare), JSON.stringify(facts), { isDurable: false });
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
async function prepare(site: Site, started: StartedClone): Promise<SpareFacts> {
  const { runtimeFolder } = started.run;
  const hasShell = started.shell !== null;
  if (hasShell) await runFirstCommand(site, started);
  else if (started.hasAgent) await introduce(runtimeFolder, started.machine);
  const channel = hasShell ? await parkShell(runtimeFolder) : undefined;
  await withMonitor(runtimeFolder, (monitor) => monitor.execute('stop'));
  channel?.destroy();
  return { hasAgent: started.hasAgent, isShellParked: channel !== undefined };
}

async function runFirstCommand(site: Site, { machine, run, shell }: StartedClone): Promise<void> {
  const shells = createParkedShells();
  if (shell !== null) shells.keep(machine.id, shell);
  const command = await startInGuest(site, shells, machine.id, { argv: ['true'], signal: AbortSignal.timeout(patienceMs) });
  command.stdout.resume();
  command.stderr.resume();
  await command.exitCode;
  noteNewcomer(run.runtimeFolder, 'time');
}

/** Undefined while it is being made. */
export function findSpareFacts(runtimeFolder: string): SpareFacts | undefined {
  try {
    return spareFactsSchema.parse(JSON.parse(readSmallFile(join(runtimeFolder, runtimeFile.spare))));
  } catch {
    return undefined;
  }
}

/** It is somebody's machine from now on. */
export function forgetSpareFacts(runtimeFolder: string): void {
  rmSync(join(runtimeFolder, runtimeFile.spare), { force: true });
}
