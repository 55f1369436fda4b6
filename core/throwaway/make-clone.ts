import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, cpSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineConfiguration, MachineDefinition, PortForward } from '../../contract/machine.ts';
import type { ThrowawayRecord } from '../../contract/template.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { claimName } from '../machine/claim-name.ts';
import { getTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import { dropTimeline, formatDefinition, makeMachineFolders } from '../machine/machine-store.ts';
import { makeMac } from '../machine/new-identity.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { syncFile } from '../storage/sync-file.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import { requireWhole } from '../template/find-damage.ts';
import { type Fit, findFit } from '../template/find-fit.ts';
import { makeOverlays, putLayers } from '../timeline/branch-disks.ts';
import { checkPlatformState, findPlatformState } from '../timeline/copy-platform-state.ts';
import { isInside } from '../timeline/layer-graph.ts';
import { makeGeneration } from '../timeline/layer-names.ts';
import { listFiles } from '../timeline/list-files.ts';

/** What a clone of a template is to be; what is left out is as in the template. */
export interface CloneWish {
  readonly id: string;
  /** Null for one after the template's. */
  readonly name: string | null;
  readonly memoryMiB?: number | undefined;
  readonly cpus?: number | undefined;
  readonly network?: 'user' | 'none' | undefined;
  readonly ports?: readonly PortForward[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly throwaway: ThrowawayRecord | null;
  /** False for one that is to boot, whatever memory there is. */
  readonly isWarmWanted: boolean;
  /** One that nobody has asked for yet; it is not made at all when there is no memory for it. */
  readonly isSpare?: boolean;
}

export interface MadeClone {
  readonly template: TemplateDefinition;
  readonly machine: MachineDefinition;
  /** The memory it goes on from, or why it has none. */
  readonly fit: Fit;
}

/** Overlays, the definition and logs; what else there is, is added. */
const overheadBytes = 4 * 1024 * 1024;

/**
 * Makes a machine of a template, as an overlay on each of its disks, and puts it in place with one rename. The template's lock is
 * held meanwhile, so that it is neither deleted nor warmed anew under the clone; the caller holds the clone's. Only what stays
 * is synced: nobody misses a throwaway after a power cut.
 */
export async function makeClone(
  site: Site,
  reference: string,
  wish: CloneWish,
  onPhase: (name: string) => void = () => {},
): Promise<MadeClone> {
  const { id, name } = getTemplate(site.store, reference);
  const lock = await site.locks.acquire(id, 'clone', { subject: `the template “${name}”`, waitMs: 10_000 });
  try {
    const { folder, definition: template } = getTemplate(site.store, id);
    requireWhole(folder, template);
    checkReachable(template, wish);
    const fit = wish.isWarmWanted
      ? await findWishedFit(site, template, wish)
      : ({ isFit: false, reason: 'that was asked for', isOfWish: true } as const);
    if (wish.isSpare === true && !fit.isFit) throw new AppError('wrong-state', `Its memory cannot be used: ${fit.reason}.`);
    onPhase('fit');
    const machine = await place(site, buildClone(template, fit, wish), { template, folder, fit, wish });
    onPhase('disks');
    return { template, machine, fit };
  } finally {
    await lock.release();
  }
}

/** A port of the host that leads nowhere is not what anybody wanted. */
function checkReachable(template: TemplateDefinition, { network, ports = [] }: CloneWish): void {
  const mode = chooseMode(template, network);
  if (ports.length === 0 || mode === 'user') return;
  throw new AppError('invalid-input', `A machine of “${template.name}” has no network then, so no port of it can be forwarded.`, {
    hint: 'Leave the port out, or let it have a network: --network user',
  });
}

/** A card that was not there cannot be added to a guest that runs already. */
async function findWishedFit(site: Site, template: TemplateDefinition, wish: CloneWish): Promise<Fit> {
  const fit = await findFit(site, template, wish);
  if (!fit.isFit || wish.network !== 'user' || fit.state.configuration.network.mode === 'user') return fit;
  return { isFit: false, reason: 'it is to have a network, and was frozen without', isOfWish: true };
}

function buildClone(template: TemplateDefinition, fit: Fit, wish: CloneWish): MachineDefinition {
  const base: MachineConfiguration = fit.isFit ? fit.state.configuration : dropTimeline(template);
  return {
    ...base,
    id: wish.id,
    name: wish.name ?? nameAfter(template, wish.id),
    uuid: randomUUID(),
    createdAt: new Date().toISOString(),
    tags: [...new Set(wish.tags ?? [])],
    memoryMiB: wish.memoryMiB ?? base.memoryMiB,
    cpus: wish.cpus ?? base.cpus,
    nvram: base.nvram === null ? null : machineFile.nvram,
    tpm: base.tpm === null ? null : machineFile.tpm,
    disks: base.disks.map((disk) => ({ ...disk, format: 'qcow2' })),
    network: { ...base.network, mode: chooseMode(base, wish.network), mac: makeMac(), ports: [...(wish.ports ?? [])] },
    timeline: emptyTimeline,
    template: null,
    throwaway: nameMemory(fit, wish),
    origin: { id: template.id, name: template.name },
  };
}

/** What a clone is called that nobody named. */
export function nameAfter(template: Pick<MachineDefinition, 'name'>, id: string): string {
  return `${template.name.slice(0, 58)}-${id.slice(0, 4)}`;
}

function nameMemory(fit: Fit, { throwaway, isSpare }: CloneWish): ThrowawayRecord | null {
  return isSpare === true && fit.isFit && throwaway !== null ? { ...throwaway, spareOf: basename(fit.folder) } : throwaway;
}

/** The card of a template stays, without a cable: its guest knows it. */
export function chooseMode(
  { network }: Pick<MachineConfiguration, 'network'>,
  wished: 'user' | 'none' | undefined,
): MachineConfiguration['network']['mode'] {
  if (wished === undefined) return network.mode;
  return wished === 'none' && network.mode !== 'none' ? 'unplugged' : wished;
}

interface Source {
  readonly template: TemplateDefinition;
  readonly folder: string;
  readonly fit: Fit;
  readonly wish: CloneWish;
}

async function place(site: Site, machine: MachineDefinition, source: Source): Promise<MachineDefinition> {
  const { machines } = site.store.homes;
  const isDurable = machine.throwaway === null;
  const workshop = join(machines, `${unfinishedPrefix.creating}${machine.id}`);
  checkFreeSpace(machines, overheadBytes, `A machine of “${source.template.name}”`);
  try {
    mkdirSync(workshop, { mode: 0o700 });
    makeMachineFolders(workshop);
    const overlays = makeOverlays(workshop, listLayers(source), makeGeneration(), { isDurable });
    copyPlatform(source, workshop, machine);
    const kernel = linkBootFiles(source.folder, workshop, site.store.folderOf(machine.id), machine.kernel);
    const definition = putLayers({ ...machine, kernel }, overlays);
    if (isDurable) await Promise.all(listFiles(workshop).map(({ path }) => syncFile(path)));
    writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(definition), { isDurable });
    const rename = (): void => renameSync(workshop, site.store.folderOf(machine.id));
    // A name that is made of the id is nobody else's.
    if (source.wish.name === null) rename();
    else await claimName(site, machine.name, machine.id, rename);
    if (isDurable) syncFolder(machines);
    return definition;
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw error;
  }
}

function listLayers({ template, folder, fit }: Source): { disk: string; path: string }[] {
  const layers = fit.isFit ? (template.template.warm?.layers ?? []) : template.disks.map(({ id, file }) => ({ disk: id, file }));
  return layers.map(({ disk, file }) => ({ disk, path: join(folder, file) }));
}

function copyPlatform({ template, folder, fit }: Source, workshop: string, machine: MachineDefinition): void {
  const from = findPlatformState(folder, fit.isFit ? fit.state.configuration : template);
  const to = findPlatformState(workshop, machine);
  checkPlatformState(from);
  if (from.nvram !== null && to.nvram !== null) copyFileSync(from.nvram, to.nvram, constants.COPYFILE_FICLONE);
  if (from.tpm !== null && to.tpm !== null) cpSync(from.tpm, to.tpm, { recursive: true, mode: constants.COPYFILE_FICLONE });
}

/** The files are never written, so both have them; a copy where links cannot be made. */
function linkBootFiles(
  from: string,
  workshop: string,
  folder: string,
  kernel: MachineConfiguration['kernel'],
): MachineConfiguration['kernel'] {
  if (kernel === null) return null;
  const link = (path: string): string => {
    if (!isInside(from, path)) return path;
    mkdirSync(join(workshop, machineFile.boot), { recursive: true, mode: 0o700 });
    const name = join(machineFile.boot, basename(path));
    try {
      linkSync(path, join(workshop, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
      copyFileSync(path, join(workshop, name));
    }
    return join(folder, name);
  };
  return {
    ...kernel,
    kernel: link(kernel.kernel),
    initrd: kernel.initrd === null ? null : link(kernel.initrd),
  };
}
