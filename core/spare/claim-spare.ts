import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { ThrowawayRecord } from '../../contract/template.ts';
import type { ThrowawayWish } from '../../contract/throwaway.ts';
import { holdParkingChannel } from '../agent/park-shell.ts';
import { recordActivity } from '../machine/activity.ts';
import { claimName } from '../machine/claim-name.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import { formatDefinition, type StoredMachine, writeMachineFile } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import { type RunRecord, writeRunRecord } from '../machine/run-record.ts';
import type { Site } from '../machine/site.ts';
import { pullCable } from '../machine/start-machine.ts';
import type { ProcessIdentity } from '../qemu/qemu-process.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import type { Lock } from '../storage/lock.ts';
import { removeFile } from '../storage/remove.ts';
import { noteNewcomer } from '../throwaway/identity.ts';
import { chooseMode, nameAfter } from '../throwaway/make-clone.ts';
import { describeOwner, isExpired, planGuard } from '../throwaway/plan-guard.ts';
import type { StartContext, StartedClone } from '../throwaway/start-clone.ts';
import { vanish } from '../throwaway/vanish.ts';
import { findSpares } from './find-spares.ts';
import { findSpareFacts, forgetSpareFacts, type SpareFacts } from './spare-facts.ts';
import { watchLater } from './watch-later.ts';

/** A spare that is somebody's now and goes on. Whoever claimed it lets go of its lock. */
export interface ClaimedSpare {
  readonly started: StartedClone;
  readonly lock: Lock;
}

/** How long a spare's QEMU may take to answer on a host that is swamped. */
const patienceMs = 5000;

/**
 * Gives a clone that was kept ready to who wants one like it; undefined when there is none. One that turns out to be of no use is
 * thrown away, and no other is tried then. Throws `not-found`, `name-taken`, `cancelled`.
 */
export async function claimSpare(
  site: Site,
  reference: string,
  wish: ThrowawayWish,
  throwaway: ThrowawayRecord,
  { signal, onPhase }: StartContext,
): Promise<ClaimedSpare | undefined> {
  const { id, definition } = getTemplate(site.store, reference);
  // Looking for one reads every machine's definition; most templates want none.
  if ((definition.template.keepReady ?? 0) === 0 || !isLikeAll(definition, wish)) return undefined;
  for (const { id: spareId } of findSpares(site.store, id)) {
    if (signal?.aborted === true) throw new AppError('cancelled', 'It was cancelled before it began.');
    const lock = await site.locks.tryAcquire(spareId, 'start');
    // Somebody else claims it, or makes it.
    if (lock === undefined) continue;
    let started: StartedClone | 'unusable' | undefined;
    try {
      const spare = findWhole(site, spareId, definition);
      started = spare && (await handOver(site, spare, definition, { name: wish.name, network: wish.network, throwaway }));
    } finally {
      if (started === undefined || started === 'unusable') await lock.release();
    }
    if (started === undefined) continue;
    onPhase(started === 'unusable' ? 'lost spare' : 'claim');
    return started === 'unusable' ? undefined : { started, lock };
  }
  return undefined;
}

/** Whether it is to be nothing but what the template says; a cable can be pulled at any time. */
function isLikeAll(template: TemplateDefinition, { memoryMiB, cpus, network = 'none', ports = [] }: ThrowawayWish): boolean {
  return (
    (memoryMiB ?? template.memoryMiB) === template.memoryMiB &&
    (cpus ?? template.cpus) === template.cpus &&
    (network === 'none' || network === template.network.mode) &&
    ports.length === 0
  );
}

interface WholeSpare {
  readonly stored: StoredMachine & { readonly definition: MachineDefinition };
  readonly run: RunRecord;
  readonly process: ProcessIdentity;
  readonly facts: SpareFacts;
  readonly record: ThrowawayRecord;
}

/** Undefined when it is none any more, or not yet, or of another memory. The caller holds its lock. */
function findWhole(site: Site, id: string, template: TemplateDefinition): WholeSpare | undefined {
  const stored = site.store.find(id);
  const record = stored?.definition?.throwaway ?? null;
  if (stored?.definition == null || record?.spareOf === undefined || isExpired(record)) return undefined;
  const { run, process } = findRun(site.store, stored);
  const facts = run === undefined ? undefined : findSpareFacts(run.runtimeFolder);
  if (run === undefined || process === undefined || facts === undefined) return undefined;
  return record.spareOf === template.template.warm?.folder ? { stored, run, process, facts, record } : undefined;
}

interface Heir {
  readonly name: string | undefined;
  readonly network: ThrowawayWish['network'];
  readonly throwaway: ThrowawayRecord;
}

/**
 * Makes it the machine of who asks, and lets it go on. Until it does it is a throwaway of this process, whosever it will be, so that
 * nothing is left should this process die. Nothing has happened when the name is taken.
 */
async function handOver(
  site: Site,
  { stored, run, process: qemu, facts, record }: WholeSpare,
  template: TemplateDefinition,
  heir: Heir,
): Promise<StartedClone | 'unusable'> {
  const { id, folder } = stored;
  const { runtimeFolder } = run;
  const name = heir.name ?? nameAfter(template, id);
  const network = { ...stored.definition.network, mode: chooseMode(stored.definition, heir.network) };
  const origin = { id: template.id, name: template.name };
  const createdAt = new Date().toISOString();
  const machine = { ...stored.definition, name, network, createdAt, throwaway: heir.throwaway, origin };
  const handed: RunRecord = { ...run, startedAt: createdAt, configuration: { ...run.configuration, name, network } };
  const owner = heir.throwaway.owner ?? describeOwner();
  let isBegun = false;
  const apply = (): void => {
    isBegun = true;
    writeUnsynced(folder, { ...machine, throwaway: { ...heir.throwaway, owner } });
    if (name !== stored.name) noteNewcomer(runtimeFolder, 'all');
    forgetSpareFacts(runtimeFolder);
    writeRunRecord(folder, handed);
  };
  try {
    if (heir.name === undefined) apply();
    else await claimName(site, name, id, apply);
    const guard = changeGuard(runtimeFolder, record, heir.throwaway);
    // What it did before is nobody's business.
    truncateSync(join(folder, machineFile.events));
    recordActivity(folder, 'START', 'Had been kept ready, and goes on');
    const shell = facts.isShellParked ? await holdParkingChannel(runtimeFolder) : null;
    await withMonitor(
      runtimeFolder,
      async (monitor) => {
        if (network.mode === 'unplugged') await pullCable(monitor);
        await monitor.execute('cont', undefined, { timeoutMs: patienceMs });
      },
      { timeoutMs: patienceMs },
    );
    if (owner !== heir.throwaway.owner) writeUnsynced(folder, machine);
    if (guard !== null) watchLater(runtimeFolder, qemu, guard);
    site.store.announce(id);
    return { machine, run: handed, isWarm: true, hasAgent: facts.hasAgent, shell, notice: null };
  } catch (error) {
    if (!isBegun) throw error;
    // Whatever its QEMU or the disk has: there is another way to a machine of the template. One that cannot be ended is this process's, and ends with it.
    await vanish(site, { stored, run, process: qemu }).catch(() => {});
    if (error instanceof AppError || (error as NodeJS.ErrnoException).code !== undefined) return 'unusable';
    throw error;
  }
}

/** Nobody misses a throwaway after a power cut. */
function writeUnsynced(folder: string, machine: MachineDefinition): void {
  writeMachineFile(folder, machineFile.definition, formatDefinition(machine), { isDurable: false });
}

/** The watcher it was started with is its keeper's, and stays when that is the new owner too. Gives what another has to watch for. */
function changeGuard(runtimeFolder: string, before: ThrowawayRecord, now: ThrowawayRecord): ReturnType<typeof planGuard> {
  const isSameOwner = before.owner?.pid === now.owner?.pid && before.owner?.startTicks === now.owner?.startTicks;
  if (isSameOwner && now.expiresAt === null) return null;
  const guard = planGuard(now);
  if (guard !== null) writeFileSync(join(runtimeFolder, runtimeFile.heirGuard), '', { mode: 0o600 });
  removeFile(join(runtimeFolder, runtimeFile.guard));
  return guard;
}
