import { AppError } from '../../contract/app-error.ts';
import type { ThrowawayRecord } from '../../contract/template.ts';
import type { StartedThrowaway, ThrowawayWish } from '../../contract/throwaway.ts';
import type { ParkedShells } from '../agent/parked-shells.ts';
import { checkCpus, checkMemorySize, checkName, checkPorts } from '../create/check-settings.ts';
import { checkFree } from '../machine/claim-name.ts';
import { makeMachineId } from '../machine/new-identity.ts';
import type { Site } from '../machine/site.ts';
import { summarise } from '../machine/summarise.ts';
import { claimSpare } from '../spare/claim-spare.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import type { Lock } from '../storage/lock.ts';
import { introduceClone } from './introduce.ts';
import { createPhases } from './phases.ts';
import { describeOwner } from './plan-guard.ts';
import { type StartContext, type StartedClone, startClone } from './start-clone.ts';

/**
 * Makes a throwaway of a template and starts it: from the template's memory where that fits, else it is booted, and the notice
 * says why. Its lock is held until it runs, so that nobody takes it for a leftover.
 */
export async function createThrowaway(
  site: Site,
  wish: ThrowawayWish,
  signal: AbortSignal | undefined,
  shells: ParkedShells,
): Promise<StartedThrowaway> {
  const phases = createPhases();
  checkWish(wish);
  const { ttlSeconds, isOwned, hasCommand } = wish;
  const expiresAt = ttlSeconds === undefined ? null : new Date(Date.now() + ttlSeconds * 1000).toISOString();
  const throwaway = { owner: isOwned === true ? describeOwner() : null, expiresAt };
  let held: Lock | undefined;
  try {
    const context = { signal, onPhase: phases.end };
    const claimed = await claimSpare(site, wish.template, wish, throwaway, context);
    const { started, lock } = claimed ?? (await startNew(site, wish, throwaway, context));
    held = lock;
    const { machine, run, isWarm, notice, shell } = started;
    const { id } = machine;
    if (hasCommand !== true) {
      await introduceClone(site.store, started);
      if (started.hasAgent) phases.end('introduce');
    } else if (shell !== null) shells.keep(id, shell);
    const stored = { id, folder: site.store.folderOf(id), name: machine.name, definition: machine, problem: null };
    const summary = summarise({ stored, state: 'running', run, process: run.process ?? undefined, problems: [] });
    return { machine: summary, isWarm, notice, phases: phases.list() };
  } catch (error) {
    throw explainFileError(error, `No machine was made of “${wish.template}”`);
  } finally {
    await held?.release();
  }
}

/** Makes one; whoever gets it lets go of its lock. */
async function startNew(
  site: Site,
  wish: ThrowawayWish,
  throwaway: ThrowawayRecord,
  context: StartContext,
): Promise<{ started: StartedClone; lock: Lock }> {
  const id = makeMachineId();
  checkSocketBudget(site.store.homes, id);
  if (wish.name !== undefined) checkFree(site, wish.name, id);
  const lock = await site.locks.acquire(id, 'start', { subject: 'a machine that nobody knows yet' });
  try {
    const { template: reference, ttlSeconds: _ttl, isOwned: _isOwned, hasCommand: _hasCommand, ...rest } = wish;
    const clone = { ...rest, id, name: wish.name ?? null, throwaway, isWarmWanted: true };
    return { started: await startClone(site, reference, clone, context), lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const longestTtlSeconds = 31_536_000;

function checkWish({ name, memoryMiB, cpus, ports, ttlSeconds }: ThrowawayWish): void {
  if (name !== undefined) checkName(name);
  if (memoryMiB !== undefined) checkMemorySize(memoryMiB);
  if (cpus !== undefined) checkCpus(cpus);
  if (ports !== undefined) checkPorts([...ports]);
  if (ttlSeconds !== undefined && !(ttlSeconds > 0 && ttlSeconds <= longestTtlSeconds))
    throw new AppError(
      'invalid-input',
      `A machine cannot be ended after ${ttlSeconds} seconds: a second to a year is possible.`,
      {
        hint: 'Choose a time in between, or leave it out.',
      },
    );
}
