import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { AcceleratorChoice } from '../../contract/machine.ts';
import { chooseAccelerator } from '../machine/choose-accelerator.ts';
import type { TemplateDefinition } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { computeSha256 } from './fingerprint.ts';
import { readHostCpu } from './host-cpu.ts';
import { readWarmState, type WarmState, warmFile } from './warm-state.ts';
import type { FrozenMemory } from './warm-template.ts';

/** What a clone is to have; what is left out is as in the template. */
export interface FitWish {
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
}

/**
 * Whether a clone can go on from a template's memory, and from which, in a folder that is absolute; or why not, in words that
 * follow “it is booted:”. `isOfWish` says that the memory is fine and only this clone is to be another.
 */
export type Fit =
  | { readonly isFit: true; readonly state: WarmState; readonly folder: string }
  | { readonly isFit: false; readonly reason: string; readonly isOfWish: boolean };

/** What of this host and of the template's files is compared. Sizes are bytes; null where there is no such file. */
export interface FitFacts {
  readonly qemuVersion: string;
  /** The accelerator a machine that wants what the template wants gets now; with the reason when there is none. */
  readonly accelerator: 'kvm' | 'tcg' | { readonly none: string };
  /** Null when nobody asked. */
  readonly hostCpu: string | null;
  readonly firmwareBytes: number | null;
  readonly devicesBytes: number | null;
  readonly memory: { readonly bytes: number; readonly modifiedNs: string } | null;
  /** The layers it needs that are not there, and its other files that are not. */
  readonly missing: readonly string[];
}

/** Reads the facts and judges; starts no process. What it costs are some `stat`s and what the host keeps in its cache. */
export async function findFit(site: Site, template: TemplateDefinition, wish: FitWish): Promise<Fit> {
  const { warm, isWarmWanted, coldReason } = template.template;
  if (warm === null) {
    const reason = coldReason ?? (isWarmWanted ? 'it has no memory yet' : 'the template is cold');
    return { isFit: false, reason, isOfWish: false };
  }
  const folder = join(site.store.folderOf(template.id), warm.folder);
  let state: WarmState;
  try {
    state = readWarmState(folder);
  } catch {
    return { isFit: false, reason: `its file ${warmFile.facts} is missing or damaged`, isOfWish: false };
  }
  const facts = await readFitFacts(site, template, state, folder);
  const misfit = judgeFit(state, facts, wish);
  return misfit === null ? { isFit: true, state, folder } : { isFit: false, ...misfit };
}

/**
 * Memory that is whole and only not of this QEMU, or of this firmware, whose code it has itself: such can be brought to the
 * QEMU that is here. Undefined when there is none.
 */
export async function findMovable(site: Site, template: TemplateDefinition): Promise<FrozenMemory | undefined> {
  const { warm } = template.template;
  if (warm === null) return undefined;
  const folder = join(site.store.folderOf(template.id), warm.folder);
  try {
    const state = readWarmState(folder);
    const facts = await readFitFacts(site, template, state, folder);
    const { qemuVersion, firmwareBytes } = state;
    if (judgeFit(state, { ...facts, qemuVersion, firmwareBytes }, {}) !== null) return undefined;
    return (await findDevicesReason(state, folder)) === null ? { state, folder, layers: warm.layers } : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'image-invalid') return undefined;
    throw error;
  }
}

/** Why memory does not fit; null when it does. Pure. */
export function judgeFit(state: WarmState, facts: FitFacts, wish: FitWish): { reason: string; isOfWish: boolean } | null {
  const reason = findHostReason(state, facts) ?? findFileReason(state, facts);
  if (reason !== null) return { reason, isOfWish: false };
  const { memoryMiB, cpus } = state.configuration;
  if (wish.memoryMiB !== undefined && wish.memoryMiB !== memoryMiB)
    return { reason: `it is to have ${wish.memoryMiB} MiB of memory, and was frozen with ${memoryMiB}`, isOfWish: true };
  if (wish.cpus !== undefined && wish.cpus !== cpus)
    return { reason: `it is to have ${formatCpus(wish.cpus)}, and was frozen with ${cpus}`, isOfWish: true };
  return null;
}

/** What is another on this host than when it was frozen. */
function findHostReason(state: WarmState, facts: FitFacts): string | null {
  if (facts.qemuVersion !== state.qemuVersion)
    return `it was frozen with QEMU ${state.qemuVersion}, and this is QEMU ${facts.qemuVersion}`;
  if (typeof facts.accelerator === 'object')
    return `it was frozen with ${names[state.accelerator]}, and ${facts.accelerator.none}`;
  if (facts.accelerator !== state.accelerator)
    return `it was frozen with ${names[state.accelerator]}, and now it is ${names[facts.accelerator]}`;
  if (state.hostCpu !== null && facts.hostCpu !== state.hostCpu) return 'this host’s CPU is another than when it was frozen';
  const code = state.launch.firmwareCode;
  if (code !== null && facts.firmwareBytes === null) return `its UEFI firmware ${code.path} is not there any more`;
  if (code !== null && facts.firmwareBytes !== state.firmwareBytes)
    return `the UEFI firmware ${code.path} is another than when it was frozen`;
  return null;
}

const names = { kvm: 'KVM', tcg: 'software emulation (TCG)' } as const;

/** What is not as it was left. */
function findFileReason(state: WarmState, { memory, devicesBytes, missing }: FitFacts): string | null {
  if (memory === null) return `its file ${warmFile.memory} is missing`;
  if (memory.bytes !== state.memory.bytes)
    return `its file ${warmFile.memory} has ${memory.bytes} bytes instead of ${state.memory.bytes}`;
  if (memory.modifiedNs !== state.memory.modifiedNs) return `its file ${warmFile.memory} was changed`;
  if (devicesBytes === null) return `its file ${warmFile.devices} is missing`;
  if (devicesBytes !== state.devices.bytes)
    return `its file ${warmFile.devices} has ${devicesBytes} bytes instead of ${state.devices.bytes}`;
  const [first] = missing;
  return first === undefined ? null : `its file ${first} is missing`;
}

async function readFitFacts(site: Site, template: TemplateDefinition, state: WarmState, folder: string): Promise<FitFacts> {
  const home = site.store.folderOf(template.id);
  const { nvram, tpm } = state.configuration;
  const files = [...(template.template.warm?.layers ?? []).map(({ file }) => file), nvram, tpm].filter((file) => file !== null);
  const code = state.launch.firmwareCode;
  return {
    qemuVersion: (await site.host.tools()).version,
    accelerator: await findAccelerator(site, state.configuration),
    hostCpu: state.hostCpu === null ? null : readHostCpu(),
    firmwareBytes: code === null ? null : measureFile(code.path),
    devicesBytes: measureFile(join(folder, warmFile.devices)),
    memory: readMemoryFacts(join(folder, warmFile.memory)),
    missing: files.filter((file) => !existsSync(join(home, file))),
  };
}

async function findAccelerator(
  site: Site,
  { accelerator }: { accelerator: AcceleratorChoice },
): Promise<FitFacts['accelerator']> {
  try {
    return (await chooseAccelerator(site.host, accelerator)).accelerator;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'accelerator-unavailable') throw error;
    return { none: error.message };
  }
}

function measureFile(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function readMemoryFacts(path: string): FitFacts['memory'] {
  const status = statSync(path, { throwIfNoEntry: false, bigint: true });
  return status === undefined ? null : { bytes: Number(status.size), modifiedNs: String(status.mtimeNs) };
}

function formatCpus(cpus: number): string {
  return cpus === 1 ? '1 CPU' : `${cpus} CPUs`;
}

/** Whether the saved devices are as they were left: a cut or a flipped bit. Gives the reason if not; done while QEMU starts. */
export async function findDevicesReason(state: WarmState, folder: string): Promise<string | null> {
  const sha256 = await computeSha256(join(folder, warmFile.devices));
  return sha256 === state.devices.sha256 ? null : `its file ${warmFile.devices} is damaged`;
}
