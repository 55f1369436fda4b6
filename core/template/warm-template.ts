import { chmodSync, constants, mkdirSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition } from '../../contract/machine.ts';
import type { TemplateRecord } from '../../contract/template.ts';
import type { Layer } from '../../contract/timeline.ts';
import { holdParkingChannel } from '../agent/park-shell.ts';
import { recordActivity } from '../machine/activity.ts';
import { requireState } from '../machine/change-machine.ts';
import { dropTimeline } from '../machine/machine-store.ts';
import type { RunRecord } from '../machine/run-record.ts';
import { type MemorySource, startMachine } from '../machine/start-machine.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { savedFile } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { listActiveLayers, makeOverlays, type NewOverlay, putLayers } from '../timeline/branch-disks.ts';
import type { TimelineChange } from '../timeline/change-timeline.ts';
import { removeUnreachable } from '../timeline/collect.ts';
import {
  copyPlatformState,
  findPlatformState,
  findSavedPlatformState,
  type PlatformState,
} from '../timeline/copy-platform-state.ts';
import { makeGeneration } from '../timeline/layer-names.ts';
import { listFiles } from '../timeline/list-files.ts';
import { isUnwritten, readOwnLayer } from '../timeline/own-layer.ts';
import { checkAccelerator, findResumePlan } from '../timeline/resume-plan.ts';
import type { SavedMemory } from '../timeline/saved-state.ts';
import { freezeGuest } from './freeze-guest.ts';
import { readyGuest } from './ready-guest.ts';
import { sealFiles } from './seal.ts';
import { patience, waitUntilQuiet } from './wait-until-quiet.ts';
import { waitUntilReady, withReadinessPort } from './wait-until-ready.ts';
import { type GuestFacts, type WarmState, warmFile } from './warm-state.ts';

/** Besides the guest's memory: the state of its devices, the screen's memory among them, and what it writes to its disks. */
const overheadBytes = 64 * 1024 * 1024;

/** How long a boot may take to be ready when nobody says. */
export const defaultReadySeconds = 300;

/** When a boot counts as ready, and how long that may take. */
export interface BootWish {
  readonly readyWhen: string;
  readonly timeoutSeconds: number;
}

/**
 * Warms a template that was made with memory: loads it into a QEMU of its own, whose memory is a file, without letting the guest
 * run, and freezes it there.
 */
export async function warmFromMemory(change: TimelineChange, guest: GuestFacts): Promise<void> {
  const definition = await getOff(change);
  const plan = findResumePlan(change.folder, definition);
  if (plan === undefined) throw new AppError('wrong-state', `“${change.name}” has no memory that could be frozen.`);
  await checkAccelerator(change.site.host, plan);
  change.progress(null, 'Loading the memory');
  const draft = prepare(change, definition, {
    ...findCold(change, definition),
    configuration: plan.configuration,
    // What is zero was saved as a few bytes, and stays a hole.
    memoryBytes: plan.memory.bytes,
  });
  await withParkedShell(change, guest, async (beforeLoad) => {
    await launch(change, draft, { memory: plan.memory, file: plan.file, beforeLoad });
    await freezeAndCommit(change, draft, guest, {});
  });
}

/** Warms a template by booting it from its disks until it is ready. */
export async function warmByBoot(change: TimelineChange, { readyWhen, timeoutSeconds }: BootWish): Promise<void> {
  const definition = await getOff(change);
  change.progress(null, 'Starting the guest');
  const configuration = await withReadinessPort(dropTimeline(definition), readyWhen);
  const draft = prepare(change, definition, { configuration, ...findCold(change, definition) });
  await launch(change, draft);
  await waitUntilReady(change, readyWhen, timeoutSeconds);
  const { guest, letGo } = await readyGuest(change.site.store.runtimeFolderOf(change.id));
  try {
    change.progress(null, 'Waiting for the guest to be quiet');
    const { process } = await change.withMachine(async (machine) => machine);
    if (process !== undefined) await waitUntilQuiet(process.pid, patience.boot, change.signal);
    await freezeAndCommit(change, draft, guest, { readyWhen });
  } finally {
    letGo();
  }
}

/**
 * Brings frozen memory that is whole to the QEMU that is here now: loads it into that and freezes it again, without letting the
 * guest run. QEMU keeps a machine of a versioned type the same from one version to a later one.
 */
export async function warmFromFrozen(change: TimelineChange, { state, folder, layers }: FrozenMemory): Promise<void> {
  const definition = await getOff(change);
  change.progress(null, 'Loading the memory');
  const draft = prepare(change, definition, {
    configuration: state.configuration,
    platform: findSavedPlatformState(folder, state.configuration),
    layers: layers.map(({ disk, file }) => ({ disk, path: join(change.folder, file) })),
  });
  const memory = join(draft.folder, warmFile.memory);
  await copyFile(join(folder, warmFile.memory), memory, constants.COPYFILE_FICLONE);
  chmodSync(memory, 0o600);
  const { guest } = state;
  await withParkedShell(change, guest, async (beforeLoad) => {
    await launch(change, draft, {
      memory: { ...pickMemory(state), state: 'paused', bytes: state.devices.bytes },
      file: join(folder, warmFile.devices),
      isMemoryApart: true,
      beforeLoad,
    });
    await freezeAndCommit(change, draft, guest, {});
  });
}

/** Keeps a shell that is parked in the memory waiting while that is loaded and frozen again. */
async function withParkedShell(
  { site, id }: TimelineChange,
  { isShellParked }: GuestFacts,
  act: (beforeLoad: (() => Promise<void>) | undefined) => Promise<void>,
): Promise<void> {
  if (!isShellParked) return act(undefined);
  let channel: Socket | undefined;
  try {
    await act(async () => {
      channel = await holdParkingChannel(site.store.runtimeFolderOf(id));
    });
  } finally {
    channel?.destroy();
  }
}

function pickMemory({
  accelerator,
  qemuVersion,
  launch,
}: WarmState): Pick<SavedMemory, 'accelerator' | 'qemuVersion' | 'launch'> {
  return { accelerator, qemuVersion, launch };
}

/** Frozen memory; its folder is absolute, the layers that fit it are relative to the template's. */
export interface FrozenMemory {
  readonly state: WarmState;
  readonly folder: string;
  readonly layers: readonly Layer[];
}

/** What is being warmed. */
interface Draft {
  /** Relative to the template's folder, and absolute. */
  readonly name: string;
  readonly folder: string;
  readonly overlays: readonly NewOverlay[];
  readonly configuration: MachineConfiguration;
}

async function getOff(change: TimelineChange): Promise<MachineDefinition> {
  return change.withMachine(async (machine, definition) => {
    requireState(machine, ['off', 'crashed', 'suspended'], 'warmed');
    return definition;
  });
}

/** What the guest is started on. Absolute paths. */
interface Ground {
  readonly configuration: MachineConfiguration;
  readonly platform: PlatformState;
  readonly layers: readonly { readonly disk: string; readonly path: string }[];
  /** The most its memory can take on the disk, when that is less than all of it. */
  readonly memoryBytes?: number;
}

function findCold({ folder }: TimelineChange, definition: MachineDefinition): Pick<Ground, 'platform' | 'layers'> {
  return {
    platform: findPlatformState(folder, definition),
    layers: listActiveLayers(definition).map(({ disk, file }) => ({ disk, path: join(folder, file) })),
  };
}

/** Gives the guest that is to be frozen disks and variables of its own: those of the template stay as they are. */
function prepare(
  change: TimelineChange,
  definition: MachineDefinition,
  { configuration, platform, layers, ...ground }: Ground,
): Draft {
  const { memoryBytes = Number.POSITIVE_INFINITY } = ground;
  const bytes = Math.min(configuration.memoryMiB * 1024 * 1024, memoryBytes);
  checkFreeSpace(change.folder, bytes + overheadBytes, `The memory of “${change.name}”`);
  const generation = makeGeneration();
  const name = `warm-${generation}`;
  const folder = join(change.folder, name);
  mkdirSync(folder, { mode: 0o700 });
  const own = findSavedPlatformState(folder, configuration);
  copyPlatformState(platform, own);
  const overlays = makeOverlays(change.folder, layers, generation);
  return {
    ...{ name, folder, overlays },
    configuration: {
      ...dropTimeline(putLayers({ ...definition, ...configuration }, overlays)),
      uuid: definition.uuid,
      kernel: definition.kernel,
      nvram: own.nvram === null ? null : join(name, savedFile.nvram),
      tpm: own.tpm === null ? null : join(name, savedFile.tpm),
    },
  };
}

/** Starts the template's own QEMU with a file as memory; one that goes on from something stands still then. */
function launch(change: TimelineChange, { configuration, folder }: Draft, from?: MemorySource): Promise<void> {
  const { store, host } = change.site;
  const source = from === undefined ? undefined : { ...from, memory: { ...from.memory, state: 'paused' as const } };
  const memoryFile = { path: join(folder, warmFile.memory), mapping: 'shared' } as const;
  const { signal } = change;
  return change.withMachine(async () => {
    await startMachine(store, host, configuration, { signal, source, memoryFile });
  });
}

/** Freezes the guest that was launched, and makes the template warm with one write. */
async function freezeAndCommit(
  change: TimelineChange,
  draft: Draft,
  guest: GuestFacts,
  changed: Partial<TemplateRecord>,
): Promise<WarmState> {
  const state = await freezeGuest(change, await getRun(change), draft.folder, guest);
  const layers = await keepLayers(change, draft.overlays);
  await sealWarm(change, draft, layers, state);
  if (change.signal?.aborted === true) throw new AppError('cancelled', `Warming “${change.name}” was cancelled.`);
  await change.commit(({ timeline, template, ...rest }) => {
    if (template === null) throw new Error(`${change.id} is no template any more`);
    const { failedQemu: _failedQemu, ...record } = template;
    const warm = { folder: draft.name, createdAt: state.frozenAt, layers };
    return {
      ...rest,
      timeline: { ...timeline, memory: null },
      template: { ...record, ...changed, isWarmWanted: true, warm, coldReason: null },
    };
  });
  recordActivity(change.folder, 'WARM', 'Froze its memory');
  removeUnreachable(change);
  return state;
}

/** Writes down what the frozen files are like. The memory's checksum is known; the layers that are the template's own anyway are too. */
async function sealWarm(
  { folder, signal }: TimelineChange,
  draft: Draft,
  layers: readonly Layer[],
  state: WarmState,
): Promise<void> {
  const own = listFiles(draft.folder).map(({ path }) => relative(folder, path));
  const written = layers.map(({ file }) => file).filter((file) => draft.overlays.some((overlay) => overlay.file === file));
  const known = { [join(draft.name, warmFile.memory)]: state.memory.sha256 };
  await sealFiles(folder, draft.name, [...own, ...written], { signal, known });
}

async function getRun(change: TimelineChange): Promise<RunRecord> {
  const { run, process } = await change.withMachine(async (machine) => machine);
  if (run !== undefined && process !== undefined) return run;
  throw new AppError('qemu-failed', `QEMU of “${change.name}” ended while it was warmed.`, {
    hint: `Its log is ${join(change.folder, 'logs', 'qemu.log')}.`,
  });
}

/** The layers the frozen memory fits, for nobody to write. One that the guest wrote nothing to is left out: what it lies on does. */
async function keepLayers({ folder }: TimelineChange, overlays: readonly NewOverlay[]): Promise<Layer[]> {
  const layers: Layer[] = [];
  for (const { disk, file, path, backing } of overlays) {
    if (isUnwritten(readOwnLayer(path))) {
      rmSync(path);
      layers.push({ disk, file: backing.slice(folder.length + 1) });
      continue;
    }
    await syncFile(path);
    chmodSync(path, 0o444);
    layers.push({ disk, file });
  }
  return layers;
}
