import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { ThrowawayRecord } from '../../contract/template.ts';
import type { ThrowawayWish } from '../../contract/throwaway.ts';
import { holdParkingChannel } from '../agent/park-shell.ts';
import { recordActivity } from '../machine/activity.ts';
import { claimName } from '../machine/claim-name.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import { formatDefinition, writeMachineFile } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import { type RunRecord, writeRunRecord } from '../machine/run-record.ts';
import type { Site } from '../machine/site.ts';
import { pullCable } from '../machine/start-machine.ts';
import { spawnDetached } from '../process/spawn-detached.ts';
import { buildLaterGuard, type Guard, lifelineDescriptor } from '../qemu/guard.ts';
import { isAlive, type ProcessIdentity } from '../qemu/qemu-process.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { machineFile, runtimeFile } from '../storage/file-names.ts';
import type { Lock } from '../storage/lock.ts';
import { noteNewcomer } from '../throwaway/identity.ts';
import { chooseMode, nameAfter } from '../throwaway/make-clone.ts';
import { isExpired, planGuard } from '../throwaway/plan-guard.ts';
import type { StartedClone } from '../throwaway/start-clone.ts';
import { vanish } from '../throwaway/vanish.ts';
import { findSpares } from './find-spares.ts';
import { findSpareFacts, forgetSpareFacts } from './make-spare.ts';

/** A spare that is somebody's now and goes on. Whoever claimed it lets go of its lock. */
export interface ClaimedSpare {
  readonly started: StartedClone;
  readonly lock: Lock;
}

/**
 * Gives a clone that was kept ready to who wants one like it; undefined when there is none. One that turns out to be of no use is
 * thrown away. Throws `not-found`, `name-taken`.
 */
export async function claimSpare(
  site: Site,
  reference: string,
  wish: ThrowawayWish,
  throwaway: ThrowawayRecord,
): Promise<ClaimedSpare | undefined> {
  const { id, definition } = getTemplate(site.store, reference);
  if (!isLikeAll(definition, wish)) return undefined;
  for (const { id: spareId } of findSpares(site.store, id)) {
    const lock = await site.locks.tryAcquire(spareId, 'start');
    if (lock === undefined) continue;
    try {
      const started = await handOver(site, spareId, definition, { name: wish.name, network: wish.network, throwaway });
      if (started !== undefined) return { started, lock };
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
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

interface Heir {
  readonly name: string | undefined;
  readonly network: ThrowawayWish['network'];
  readonly throwaway: ThrowawayRecord;
}

/** Undefined when it cannot be had. */
async function handOver(site: Site, id: string, template: TemplateDefinition, heir: Heir): Promise<StartedClone | undefined> {
  const stored = site.store.find(id);
  const spare = stored?.definition?.throwaway ?? null;
  const { run, process: qemu } = stored === undefined ? { run: undefined, process: undefined } : findRun(site.store, stored);
  if (stored?.definition == null || spare === null || run === undefined || qemu === undefined) return undefined;
  const facts = findSpareFacts(run.runtimeFolder);
  const isFresh = spare.spareOf !== undefined && spare.spareOf === template.template.warm?.folder;
  if (!isFresh || facts === undefined || isExpired(spare)) return undefined;
  const name = heir.name ?? nameAfter(template, id);
  const network = { ...stored.definition.network, mode: chooseMode(stored.definition, heir.network) };
  const machine: MachineDefinition = {
    ...stored.definition,
    name,
    network,
    createdAt: new Date().toISOString(),
    throwaway: heir.throwaway,
    origin: { id: template.id, name: template.name },
  };
  const handed: RunRecord = { ...run, startedAt: machine.createdAt, configuration: { ...run.configuration, name, network } };
  const apply = (): void => {
    // Nobody misses a throwaway after a power cut.
    writeMachineFile(stored.folder, machineFile.definition, formatDefinition(machine), { isDurable: false });
    if (name !== stored.name) noteNewcomer(run.runtimeFolder, 'all');
    forgetSpareFacts(run.runtimeFolder);
    writeRunRecord(stored.folder, handed);
  };
  if (heir.name === undefined) apply();
  else await claimName(site, name, id, apply);
  try {
    const shell = facts.isShellParked ? await holdParkingChannel(run.runtimeFolder) : null;
    await withMonitor(run.runtimeFolder, async (monitor) => {
      if (network.mode === 'unplugged') await pullCable(monitor);
      await monitor.execute('cont');
    });
    guardAnew(handed, qemu, spare, heir.throwaway);
    recordActivity(stored.folder, 'START', 'Had been kept ready, and goes on');
    site.store.announce(id);
    return { machine, run: handed, isWarm: true, hasAgent: facts.hasAgent, shell, notice: null };
  } catch {
    // Whatever its QEMU has: there is another way to a machine of the template.
    await vanish(site, { stored, run, process: qemu });
    return undefined;
  }
}

const lookMs = 500;
/** Starting a watcher takes as long as a short command, which is not to wait for it; who dies in these milliseconds has his machine ended by the next look. */
const guardAfterMs = 25;

/** The watcher it was started with is its keeper's; it is let stand when that is the new owner too. */
function guardAnew({ runtimeFolder }: RunRecord, qemu: ProcessIdentity, before: ThrowawayRecord, now: ThrowawayRecord): void {
  const isSameOwner = before.owner?.pid === now.owner?.pid && before.owner?.startTicks === now.owner?.startTicks;
  if (isSameOwner && now.expiresAt === null) return;
  const guard = planGuard(now);
  if (guard !== null) writeFileSync(join(runtimeFolder, runtimeFile.heirGuard), '', { mode: 0o600 });
  rmSync(join(runtimeFolder, runtimeFile.guard), { force: true });
  if (guard?.hasOwner === true) setTimeout(() => startWatcher(runtimeFolder, qemu, guard), guardAfterMs);
  else if (guard !== null) startWatcher(runtimeFolder, qemu, guard);
}

/** Without one it ends all the same, at the next look of whoever looks. */
function startWatcher(runtimeFolder: string, qemu: ProcessIdentity, guard: Guard): void {
  if (!isAlive(qemu)) return;
  const argv = buildLaterGuard(qemu, runtimeFolder, guard);
  const watcher = spawnDetached(argv, ['ignore', 'ignore', 'ignore'], guard.hasOwner ? { lifeline: lifelineDescriptor } : {});
  const timer = setInterval(() => {
    if (isAlive(qemu)) return;
    clearInterval(timer);
    watcher.hangUp();
  }, lookMs);
  timer.unref();
}
