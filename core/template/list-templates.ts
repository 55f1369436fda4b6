import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { TemplateInfo } from '../../contract/template.ts';
import { diskLockName } from '../machine/disk-lock.ts';
import { isSpare, isTemplate, type TemplateDefinition } from '../machine/find-machine.ts';
import type { MachineStore, StoredMachine } from '../machine/machine-store.ts';
import { findRun } from '../machine/observe-machine.ts';
import { readStats } from '../machine/read-stats.ts';
import type { Site } from '../machine/site.ts';
import { findSpares } from '../spare/find-spares.ts';
import { findSpareFacts } from '../spare/spare-facts.ts';
import { machineFile } from '../storage/file-names.ts';
import { findBases } from '../timeline/find-pins.ts';
import { measure } from '../timeline/list-files.ts';
import { findDamage } from './find-damage.ts';
import { findFit } from './find-fit.ts';
import { needsReadiness } from './rewarm.ts';

/** Every template with its sizes, who builds on it, and whether its memory can be used here and now. */
export async function listTemplates(site: Site): Promise<TemplateInfo[]> {
  const stored = site.store.list();
  const users = findUsers(site, stored);
  return Promise.all(stored.filter(isTemplate).map((one) => describeTemplate(site, one, users.get(one.id) ?? [])));
}

/** One template by its id. */
export async function describeOne(site: Site, id: string): Promise<TemplateInfo> {
  const stored = site.store.find(id);
  if (stored === undefined || !isTemplate(stored)) throw new AppError('not-found', `There is no template “${id}”.`);
  return describeTemplate(site, stored, findUsers(site, site.store.list()).get(id) ?? []);
}

type Users = TemplateInfo['usedBy'];

/** Who builds on whom, by the id of what is built on: one look at the images of each machine. */
function findUsers({ store }: Site, machines: readonly StoredMachine[]): Map<string, Users> {
  const users = new Map<string, Users>();
  for (const { id, name, definition } of machines.filter((machine) => !isSpare(machine))) {
    for (const base of listBases(store, id)) {
      const list = users.get(base.id) ?? [];
      users.set(base.id, [...list, { id, name, throwaway: definition?.throwaway != null }]);
    }
  }
  return users;
}

/** What cannot be read of one machine must not keep all templates from being listed. */
function listBases(store: MachineStore, id: string): TemplateInfo['buildsOn'] {
  try {
    return findBases(store, id);
  } catch {
    return [];
  }
}

async function describeTemplate(site: Site, { id, folder, definition }: StoredMachine, usedBy: Users): Promise<TemplateInfo> {
  if (definition === null || definition.template === null) throw new Error(`${id} is no template`);
  const { template } = definition;
  const memoryBytes = template.warm === null ? 0 : measure(join(folder, template.warm.folder));
  return {
    id,
    name: definition.name,
    source: template.source,
    note: template.note,
    createdAt: definition.createdAt,
    ...(await judgeWarmth(site, folder, { ...definition, template })),
    warmedAt: template.warm?.createdAt ?? null,
    readyWhen: template.readyWhen,
    firmware: definition.firmware,
    memoryMiB: definition.memoryMiB,
    cpus: definition.cpus,
    network: definition.network.mode,
    diskBytes: measure(join(folder, machineFile.disks)),
    memoryBytes,
    sizeBytes: measure(folder),
    folder,
    keepReady: template.keepReady ?? 0,
    ...countReady(site, id),
    readyProblem: template.readyProblem ?? null,
    usedBy,
    buildsOn: listBases(site.store, id),
  };
}

/** Those that are whole, and live. */
function countReady(site: Site, id: string): Pick<TemplateInfo, 'ready' | 'readyBytes'> {
  const memories = findSpares(site.store, id).flatMap((stored) => {
    const { run, process } = findRun(site.store, stored);
    if (process === undefined || run === undefined || findSpareFacts(run.runtimeFolder) === undefined) return [];
    return [readStats({ stored, run, process }).memory?.privateBytes ?? 0];
  });
  return { ready: memories.length, readyBytes: memories.reduce((sum, bytes) => sum + bytes, 0) };
}

type Warmth = Pick<TemplateInfo, 'warmth' | 'reason' | 'needsReadiness'>;

async function judgeWarmth(site: Site, folder: string, template: TemplateDefinition): Promise<Warmth> {
  const damage = findDamage(folder, template);
  if (damage !== null) return { warmth: 'damaged', reason: damage, needsReadiness: false };
  const { isWarmWanted, coldReason } = template.template;
  if (!isWarmWanted) return { warmth: 'cold', reason: null, needsReadiness: template.template.readyWhen === null };
  // A host without QEMU can list what it cannot start.
  const fit = await findFit(site, template, {}).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    return { isFit: false, reason: error.message.replace(/\.$/, '') } as const;
  });
  const reason = fit.isFit ? coldReason : fit.reason;
  if (reason === null) return { warmth: 'warm', reason, needsReadiness: template.template.readyWhen === null };
  const isBeingWarmed = await site.locks.isHeld(diskLockName(template.id));
  if (isBeingWarmed) return { warmth: 'warming', reason: null, needsReadiness: false };
  return { warmth: 'went-cold', reason, needsReadiness: await needsReadiness(site, template).catch(() => true) };
}
