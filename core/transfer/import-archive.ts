import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { checkCpus, checkDisks, checkName, checkPorts, checkTags } from '../create/check-settings.ts';
import { createQemuImg } from '../image/qemu-img.ts';
import { recordActivity } from '../machine/activity.ts';
import { claimName } from '../machine/claim-name.ts';
import { formatDefinition, makeMachineFolders, parseDefinition } from '../machine/machine-store.ts';
import { makeMac, makeMachineId } from '../machine/new-identity.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { checkSocketBudget } from '../storage/homes.ts';
import { syncFolder, writeFileAtomically } from '../storage/write-file-atomically.ts';
import type { TaskContext } from '../task/task-list.ts';
import { buildSnapshotFolder } from '../timeline/layer-names.ts';
import { adoptSaved, type SavedFolder } from './adopt-saved.ts';
import { refuseArchive } from './archive-manifest.ts';
import { type OpenArchive, openArchive } from './archive-reader.ts';
import { checkLayers } from './check-layers.ts';
import { chooseName } from './choose-name.ts';
import { type CleanTarget, cleanConfiguration } from './clean-configuration.ts';
import { findTimelineFault } from './judge-timeline.ts';

/** A machine that was imported, and what a person should know about it. */
export interface ImportedMachine {
  readonly id: string;
  readonly notices: readonly string[];
}

/**
 * Makes a machine of an archive, in a folder that nobody lists until everything in it was found right: the checksum, every
 * name, every header. Whatever fails before leaves nothing.
 */
export async function importArchive(
  site: Site,
  path: string,
  name: string | undefined,
  task: TaskContext,
): Promise<ImportedMachine> {
  if (name !== undefined) checkName(name);
  const archive = await openArchive(path);
  try {
    return await unpack(site, path, archive, name, task);
  } catch (error) {
    throw explainFileError(error, `${basename(path)} was not imported`);
  } finally {
    await archive.close();
  }
}

async function unpack(
  site: Site,
  path: string,
  archive: OpenArchive,
  name: string | undefined,
  task: TaskContext,
): Promise<ImportedMachine> {
  const refuse = (why: string) => refuseArchive(path, why);
  const id = makeMachineId();
  const { machines } = site.store.homes;
  const files = archive.manifest.files.map((file) => file.name);
  const target: CleanTarget = { folder: site.store.folderOf(id), files: new Set(files), notices: new Set(), refuse };
  const original = readDefinition(archive, target);
  checkSocketBudget(site.store.homes, id);
  checkFreeSpace(machines, archive.contentBytes, `Importing ${basename(path)}`);
  const workshop = join(machines, `${unfinishedPrefix.creating}${id}`);
  const lock = await site.locks.acquire(id, 'import', { subject: `“${original.name}”` });
  try {
    mkdirSync(workshop, { mode: 0o700 });
    await archive.extract(workshop, task);
    makeMachineFolders(workshop);
    const qemuImg = createQemuImg(site.host, site.environment);
    const disks = files.filter((file) => file.startsWith(`${machineFile.disks}/`));
    await checkLayers(original, { folder: workshop, label: path, files: disks, qemuImg }, task);
    const nvram = archive.manifest.files.find((file) => file.name === original.nvram);
    const isTwin = site.store.list().some(({ definition }) => definition?.uuid === original.uuid);
    const machine = await fitHost(site, { ...original, id }, { isTwin, nvramBytes: nvram?.size, notices: target.notices });
    task.progress(1, 'Finishing');
    const place = async (chosen: string): Promise<void> => {
      if (task.signal.aborted) throw new AppError('cancelled', `Importing ${basename(path)} was cancelled.`);
      const named = { ...machine, name: chosen };
      for (const folder of listSaved(named)) adoptSaved({ folder: workshop, isTwin, ...folder }, named, target);
      writeFileAtomically(join(workshop, machineFile.definition), formatDefinition(named));
      for (const folder of ['', machineFile.disks]) syncFolder(join(workshop, folder));
      renameSync(workshop, site.store.folderOf(id));
    };
    // Whoever claims the name `names` is the only one who names a machine.
    if (name !== undefined) await claimName(site, name, id, () => place(name));
    else await chooseName(site, original.name, place);
    syncFolder(machines);
  } catch (error) {
    rmSync(workshop, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
  }
  recordActivity(site.store.folderOf(id), 'CREATE', `Imported from ${basename(path)}`);
  site.store.announce(id);
  return { id, notices: [...target.notices] };
}

/** The definition in the archive, found whole and made harmless. */
function readDefinition({ manifest }: OpenArchive, target: CleanTarget): MachineDefinition {
  const { refuse, files } = target;
  const definition = parseOrRefuse(manifest.machine, refuse);
  const fault = findTimelineFault(definition, files);
  if (fault !== undefined) throw refuse(fault);
  return cleanConfiguration(definition, 'the machine', target);
}

function parseOrRefuse(machine: { id: string }, refuse: (why: string) => Error): MachineDefinition {
  try {
    const definition = parseDefinition(machine, machine.id);
    checkCpus(definition.cpus);
    checkTags(definition.tags);
    checkPorts(definition.network.ports);
    checkDisks(definition.disks.map(({ bus }) => bus));
    return definition;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw refuse(`what it says of the machine is not valid (${error.message})`);
  }
}

function listSaved({ timeline, disks }: MachineDefinition): Omit<SavedFolder, 'folder' | 'isTwin'>[] {
  const snapshots = timeline.snapshots.map(({ id, name, layers }) => ({
    name: buildSnapshotFolder(id),
    where: `the snapshot “${name}”`,
    isSnapshot: true,
    formats: new Map(layers.map(({ disk }) => [disk, 'qcow2' as const])),
  }));
  const { memory } = timeline;
  if (memory === null || snapshots.some(({ name }) => name === memory)) return snapshots;
  const formats = new Map(disks.map(({ id, format }) => [id, format]));
  return [...snapshots, { name: memory, where: 'the suspended machine', isSnapshot: false, formats }];
}

/** A machine that moves stays who it is; a copy beside the original gets an identity of its own. */
async function fitHost(
  site: Site,
  machine: MachineDefinition,
  { isTwin, nvramBytes, notices }: { isTwin: boolean; nvramBytes: number | undefined; notices: Set<string> },
): Promise<MachineDefinition> {
  const { machineType: newest } = await site.host.tools();
  const hasMemory = machine.timeline.memory !== null || machine.timeline.snapshots.some(({ state }) => state !== 'off');
  if (isTwin) {
    const memory = hasMemory ? ' What was saved with memory goes on with the old ones.' : '';
    notices.add(`It has a new UUID and MAC address, since the machine it was exported from is here.${memory}`);
    if (machine.network.ports.length > 0) notices.add('Its port forwards were left out: two machines cannot share them.');
  }
  const isTooNew = compareMachineTypes(machine.machineType, newest) > 0;
  if (isTooNew) {
    notices.add(
      `It was made for a newer QEMU (${machine.machineType}) and is a ${newest} now.${hasMemory ? ' What was saved with memory needs that QEMU.' : ''}`,
    );
  }
  noteFirmware(site, machine, nvramBytes, notices);
  const { network } = machine;
  return {
    ...machine,
    uuid: isTwin ? randomUUID() : machine.uuid,
    network: isTwin ? { ...network, mac: makeMac(), ports: [] } : network,
    machineType: isTooNew ? newest : machine.machineType,
  };
}

/** QEMU refuses variables of another size than its firmware's. */
function noteFirmware(
  site: Site,
  { firmware, nvram }: MachineDefinition,
  nvramBytes: number | undefined,
  notices: Set<string>,
): void {
  if (firmware === 'bios' || nvram === null) return;
  const files = site.host.firmware(firmware);
  if (files === null) notices.add('This host has no UEFI firmware for it: `bothy doctor` names the package.');
  else if (files.variablesFormat === 'raw' && statSync(files.variables).size !== nvramBytes) {
    notices.add('Its UEFI variables have another size than those of the firmware here, so it may not start.');
  }
}

/** By the version at the end, such as `pc-q35-7.2`. */
function compareMachineTypes(one: string, other: string): number {
  const [a, b] = [one, other].map((type) => (/([0-9]+)\.([0-9]+)$/.exec(type) ?? []).slice(1).map(Number));
  return (a?.[0] ?? 0) - (b?.[0] ?? 0) || (a?.[1] ?? 0) - (b?.[1] ?? 0);
}
