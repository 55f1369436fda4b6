import { chmodSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { MachineDefinition } from '../../contract/machine.ts';
import { checkName } from '../create/check-settings.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree } from '../machine/claim-name.ts';
import { deleteStored } from '../machine/delete-machine.ts';
import { getMachine, getTemplate } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import type { Site } from '../machine/site.ts';
import { waitFor } from '../machine/wait-for.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TaskContext } from '../task/task-list.ts';
import { adoptMemory } from '../timeline/adopt-memory.ts';
import { changeTimeline, type TimelineChange } from '../timeline/change-timeline.ts';
import { tidy } from '../timeline/collect.ts';
import { type CopySource, findSnapshotSource, holdMoment, holdPresent } from '../timeline/copy-source.ts';
import { checkSnapshotNote, getSnapshot } from '../timeline/find-snapshot.ts';
import { listFiles } from '../timeline/list-files.ts';
import { buildCopy, placeCopy } from '../timeline/place-copy.ts';
import { checkDisksCanBranch } from '../timeline/preflight-snapshot.ts';
import { type ReadyGuest, readyGuest, unknownGuest } from './ready-guest.ts';
import { sealFiles } from './seal.ts';
import { patience, waitUntilQuiet } from './wait-until-quiet.ts';
import type { GuestFacts } from './warm-state.ts';
import { defaultReadySeconds, warmByBoot, warmFromMemory } from './warm-template.ts';

export interface TemplateWish {
  readonly name: string;
  readonly warm?: boolean | undefined;
  readonly readyWhen?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly snapshot?: string | undefined;
  readonly full?: boolean | undefined;
  readonly note?: string | undefined;
}

/**
 * Makes a template of a machine, or of a snapshot, which goes on as before: cold, of its disks alone, or warm. All or nothing: a
 * template that could not be warmed is removed again. Gives its id.
 */
export async function createTemplate(site: Site, reference: string, wish: TemplateWish, task: TaskContext): Promise<string> {
  const machine = getMachine(site.store, reference);
  checkName(wish.name, 'template');
  checkSnapshotNote(wish.note ?? '');
  checkFree(site, wish.name, '');
  try {
    return await make(site, machine, wish, task);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'cancelled')) throw error;
    throw new AppError('cancelled', `The template “${wish.name}” was not made: cancelled.`, { cause: error });
  }
}

async function make(
  site: Site,
  { id: machineId, name: machineName }: StoredMachine,
  wish: TemplateWish,
  task: TaskContext,
): Promise<string> {
  const made = await changeTimeline(site, machineId, 'make a template', task, (change) => makeCold(change, wish));
  const { id } = made;
  recordActivity(site.store.folderOf(id), 'CREATE', `Made a template of “${machineName}”`);
  if (wish.warm !== true) return id;
  try {
    await changeTimeline(site, getTemplate(site.store, id), 'warm', task, (change) =>
      made.hasMemory
        ? warmFromMemory(change, made.guest)
        : warmByBoot(change, {
            readyWhen: wish.readyWhen ?? '',
            timeoutSeconds: wish.timeoutSeconds ?? defaultReadySeconds,
          }),
    );
  } catch (error) {
    const stored = site.store.find(id);
    if (stored !== undefined) await deleteStored(site, stored, false, undefined).catch(() => {});
    throw error;
  }
  return id;
}

interface Made {
  readonly id: string;
  /** Whether it came with memory that is to be frozen now. */
  readonly hasMemory: boolean;
  readonly guest: GuestFacts;
}

/** Makes the template with its disks, and with the memory it is to be warmed from if there is some. */
async function makeCold(change: TimelineChange, wish: TemplateWish): Promise<Made> {
  const { machine, definition } = await change.withMachine(async (observed, found) => ({ machine: observed, definition: found }));
  checkDisksCanBranch(definition);
  const isOfNow = wish.snapshot === undefined;
  const isOn = machine.process !== undefined;
  const hasMoment = isOfNow
    ? isOn || machine.state === 'suspended'
    : getSnapshot(definition, wish.snapshot ?? '').state !== 'off';
  const isMemoryWanted = wish.warm === true && hasMoment;
  if (wish.warm === true && !hasMoment && wish.readyWhen === undefined) throw buildNoMoment(change.name, wish.snapshot);
  let ready: ReadyGuest = { guest: unknownGuest, letGo: () => {} };
  if (isMemoryWanted && isOfNow && machine.state === 'running') {
    if (wish.readyWhen !== undefined) await waitHere(change, wish.readyWhen, wish.timeoutSeconds ?? defaultReadySeconds);
    ready = await readyGuest(change.site.store.runtimeFolderOf(change.id));
    const howLong = wish.readyWhen === undefined ? patience.moment : patience.boot;
    if (machine.process !== undefined) await waitUntilQuiet(machine.process.pid, howLong, change.signal);
  }
  change.progress(null, 'Keeping the disks');
  const hold = async (): Promise<CopySource> =>
    isOfNow
      ? await (isMemoryWanted ? holdMoment(change) : holdPresent(change))
      : findSnapshotSource(change, definition, wish.snapshot ?? '', isMemoryWanted);
  const source = await hold().finally(ready.letGo);
  // A throwaway takes its disks with it.
  const isFull = wish.full === true || definition.throwaway !== null;
  try {
    const template = buildTemplate(source, change.name, wish);
    await placeCopy(change, source, {
      machine: template,
      isFull,
      finish: (workshop, placed) => finishTemplate(change, workshop, placed, source),
    });
    return { id: template.id, hasMemory: source.memory !== null, guest: ready.guest };
  } finally {
    // A full copy needs nothing of the machine, which then gets its layers back in one piece.
    await tidy(change, { merge: isFull && isOfNow });
  }
}

function buildNoMoment(name: string, snapshot: string | undefined): AppError {
  const what = snapshot === undefined ? `“${name}” is off` : `The snapshot “${snapshot}” of “${name}” has no memory`;
  return new AppError('invalid-input', `${what}, so it has to be booted to be warmed.`, {
    hint: 'Say when its boot counts as ready: `--wait-for agent`, `--wait-for ssh` or `--wait-for serial:TEXT`.',
  });
}

async function waitHere(change: TimelineChange, readyWhen: string, timeoutSeconds: number): Promise<void> {
  change.progress(null, `Waiting for the guest (${readyWhen})`);
  await waitFor(change.site, change.id, readyWhen, timeoutSeconds, change.signal);
}

function buildTemplate(source: CopySource, machineName: string, wish: TemplateWish): MachineDefinition {
  const isWarmWanted = wish.warm === true;
  return {
    ...buildCopy(source.configuration, wish.name),
    template: {
      source: machineName,
      note: wish.note ?? '',
      isWarmWanted,
      readyWhen: wish.readyWhen ?? null,
      warm: null,
      // Overwritten when it is warm; it stays if whoever makes it is killed.
      coldReason: isWarmWanted ? 'its memory was not frozen: that was broken off' : null,
    },
  };
}

/** Nobody writes to its files from now on. Memory is put where a suspended machine has it, until it is frozen. */
async function finishTemplate(
  change: TimelineChange,
  workshop: string,
  placed: MachineDefinition,
  source: CopySource,
): Promise<MachineDefinition> {
  for (const { file } of placed.disks) chmodSync(join(workshop, file), 0o444);
  await sealCold(change, workshop, placed);
  return source.memory === null ? placed : adoptMemory(workshop, placed, source.configuration, source.memory);
}

/** Writes down what the disks are like, and what belongs to them. */
async function sealCold(change: TimelineChange, workshop: string, { disks, nvram, tpm }: MachineDefinition): Promise<void> {
  const folders = [machineFile.boot, ...(tpm === null ? [] : [tpm])];
  const beside = folders.flatMap((folder) => listFiles(join(workshop, folder)).map(({ path }) => relative(workshop, path)));
  const paths = [...disks.map(({ file }) => file), ...(nvram === null ? [] : [nvram]), ...beside];
  const total = paths.reduce((sum, path) => sum + statSync(join(workshop, path)).size, 0);
  let read = 0;
  const onRead = (bytes: number): void => {
    read += bytes;
    change.progress(total === 0 ? null : read / total, 'Computing checksums');
  };
  await sealFiles(workshop, '', paths, { signal: change.signal, onRead });
}
