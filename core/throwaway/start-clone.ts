import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { AppError, type ErrorCode } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { holdParkingChannel } from '../agent/park-shell.ts';
import type { RunRecord } from '../machine/run-record.ts';
import type { Site } from '../machine/site.ts';
import { type MemorySource, type StartOptions, startMachine } from '../machine/start-machine.ts';
import type { MemoryFile } from '../qemu/build-arguments.ts';
import { unfinishedPrefix } from '../storage/file-names.ts';
import { type Fit, findDevicesReason } from '../template/find-fit.ts';
import { canMapReadOnly } from '../template/memory-mapping.ts';
import { needsReadiness, noteUnusable, rewarmIfPossible } from '../template/rewarm.ts';
import { type WarmState, warmFile } from '../template/warm-state.ts';
import { checkRoom } from './check-room.ts';
import { freeBases } from './free-bases.ts';
import { type CloneWish, type MadeClone, makeClone } from './make-clone.ts';
import { planGuard } from './plan-guard.ts';

export interface StartedClone {
  readonly machine: MachineDefinition;
  readonly run: RunRecord;
  readonly isWarm: boolean;
  /** Whether its agent answered when the memory was frozen. */
  readonly hasAgent: boolean;
  /** The channel of the shell that waits in it, if one does (core/agent/park-shell.ts). The caller tells it something or destroys it. */
  readonly shell: Socket | null;
  /** Why it was booted although its template is to be warm, in one line. */
  readonly notice: string | null;
}

export interface StartContext {
  readonly signal: AbortSignal | undefined;
  readonly onPhase: (name: string) => void;
}

/**
 * Makes a machine of a template and starts it. Memory that turns out not to be usable is no failure: the machine is made again
 * and booted. Nothing is left of one that does not start. The caller holds the machine's lock.
 */
export async function startClone(site: Site, reference: string, wish: CloneWish, context: StartContext): Promise<StartedClone> {
  const made = await makeClone(site, reference, wish, context.onPhase);
  const { fit } = made;
  if (!fit.isFit) {
    const notice = await explainMisfit(site, made, fit);
    const run = await start(site, made, context, { isNewcomer: true });
    return { machine: made.machine, run, isWarm: false, hasAgent: false, shell: null, notice };
  }
  try {
    const started = await goOn(site, { ...made, fit }, context);
    if (made.template.template.coldReason !== null) await noteUnusable(site, made.template, null);
    return started;
  } catch (error) {
    const reason = findReason(error, fit.folder);
    if (reason === undefined) throw error;
    // Warmed anew just now, and the memory it had is gone: there is another one.
    if (!existsSync(fit.folder)) return startClone(site, reference, wish, context);
    const cold = await makeClone(site, reference, { ...wish, isWarmWanted: false }, context.onPhase);
    // What is in the way of a boot as well says nothing of the memory.
    const run = await start(site, cold, context, { isNewcomer: true });
    await noteUnusable(site, made.template, reason);
    const notice = await explainMisfit(site, made, { reason, isOfWish: false });
    return { machine: cold.machine, run, isWarm: false, hasAgent: false, shell: null, notice };
  }
}

/** Starts a clone from the memory of its template. Nothing is left of one that does not start. */
export async function goOn(
  site: Site,
  made: MadeClone & { readonly fit: FittingMemory },
  context: StartContext,
): Promise<StartedClone> {
  const { machine, fit } = made;
  const { guest } = fit.state;
  let shell: Socket | null = null;
  const holdShell = async (): Promise<void> => {
    shell = await holdParkingChannel(site.store.runtimeFolderOf(machine.id));
  };
  const memory = await planMemory(site, fit.state, fit.folder);
  const source = { ...memory.source, beforeLoad: guest.isShellParked ? holdShell : undefined };
  const run = await start(site, made, context, { ...memory, source });
  return { machine, run, isWarm: true, hasAgent: guest.hasAgent, shell, notice: null };
}

type FittingMemory = Extract<Fit, { isFit: true }>;

async function start(
  site: Site,
  { machine, fit }: MadeClone,
  { signal, onPhase }: StartContext,
  memory: Pick<StartOptions, 'source' | 'memoryFile' | 'isNewcomer'>,
): Promise<RunRecord> {
  try {
    checkRoom(machine, fit.isFit);
    const guard = planGuard(machine.throwaway);
    return await startMachine(site.store, site.host, machine, { signal, guard, onPhase, ...memory });
  } catch (error) {
    const grave = join(site.store.homes.machines, `${unfinishedPrefix.deleting}${machine.id}`);
    renameSync(site.store.folderOf(machine.id), grave);
    try {
      freeBases(site.store, machine, grave);
    } catch {
      // A layer that nobody needs stays until its machine is changed next; why this one did not start is what counts.
    }
    rmSync(grave, { recursive: true, force: true });
    throw error;
  }
}

async function planMemory(
  site: Site,
  state: WarmState,
  folder: string,
): Promise<{ source: MemorySource; memoryFile: MemoryFile; isNewcomer: true }> {
  const { accelerator, qemuVersion, launch, devices } = state;
  return {
    source: {
      memory: { state: 'running', accelerator, qemuVersion, launch, bytes: devices.bytes },
      file: join(folder, warmFile.devices),
      isMemoryApart: true,
      check: async () => {
        const reason = await findDevicesReason(state, folder);
        if (reason !== null) throw new AppError('image-invalid', reason);
      },
    },
    memoryFile: { path: join(folder, warmFile.memory), mapping: (await canMapReadOnly(site.host)) ? 'read-only' : 'private' },
    isNewcomer: true,
  };
}

/** What may be the memory's fault; all else is in the way of a cold start as well, which need not be tried. */
const memoryReasons: readonly ErrorCode[] = ['image-invalid', 'qemu-failed', 'qemu-unresponsive', 'accelerator-unavailable'];

/** Why memory was of no use, in words that go on a sentence; undefined when the failure has nothing to do with it. */
function findReason(error: unknown, folder: string): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  // A read says no path, and nothing but that folder's files is read for memory.
  if (!(error instanceof AppError) && (path?.startsWith(folder) === true || syscall === 'read'))
    return `its files cannot be read (${code})`;
  if (!(error instanceof AppError) || !memoryReasons.includes(error.code)) return undefined;
  return error.code === 'image-invalid' ? error.message : 'QEMU could not use its memory';
}

/**
 * Says in one line why a clone is booted, unless its template is cold because somebody wants it so; has the template warmed again beside
 * this, or says what does that.
 */
async function explainMisfit(site: Site, { template }: MadeClone, misfit: Misfit): Promise<string | null> {
  const { name, template: record } = template;
  if (record.warm === null && !record.isWarmWanted) return null;
  if (misfit.isOfWish) return `It was booted: ${misfit.reason}.`;
  const why = `It was booted, because the memory of “${name}” cannot be used: ${misfit.reason}.`;
  if (!record.isWarmWanted) return why;
  if (await rewarmIfPossible(site, template)) return `${why} It is being warmed again.`;
  const isHelpNeeded = await needsReadiness(site, template).catch(() => true);
  return `${why} Warm it again with: bothy template rebuild ${name}${isHelpNeeded ? ' --wait-for agent' : ''}`;
}

type Misfit = Pick<Extract<Fit, { isFit: false }>, 'reason' | 'isOfWish'>;
