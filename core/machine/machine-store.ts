import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import {
  type MachineConfiguration,
  type MachineDefinition,
  machineDefinitionSchema,
  machineNamePattern,
} from '../../contract/machine.ts';
import { emptyTimeline } from '../../contract/timeline.ts';
import { machineFile, unfinishedPrefix } from '../storage/file-names.ts';
import { type Homes, prepareHomes } from '../storage/homes.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { writeFileAtomically } from '../storage/write-file-atomically.ts';

/** What a machine's folder holds: its definition, or why that cannot be read and the name it may have had. */
export type StoredMachine =
  | {
      readonly id: string;
      readonly folder: string;
      readonly name: string;
      readonly definition: MachineDefinition;
      readonly problem: null;
    }
  | { readonly id: string; readonly folder: string; readonly name: string; readonly definition: null; readonly problem: string };

/** The machines folder: definitions in, definitions out. Knows nothing of running machines. */
export interface MachineStore {
  readonly homes: Homes;
  folderOf(id: string): string;
  runtimeFolderOf(id: string): string;
  listIds(): string[];
  /** Undefined when there is no such folder. */
  find(id: string): StoredMachine | undefined;
  list(): StoredMachine[];
  /**
   * Those whose definitions have all of these texts somewhere. They are searched before they are parsed: with hundreds of machines,
   * parsing all takes longer than the start of one.
   */
  listMentioning(...texts: string[]): StoredMachine[];
  write(definition: MachineDefinition): void;
  /** Tells every face that watches the machines folder that this machine changed. */
  announce(id: string): void;
}

const idPattern = /^[0-9a-z]{12}$/;

export function createMachineStore(homes: Homes): MachineStore {
  const folderOf = (id: string): string => join(homes.machines, id);
  const store: MachineStore = {
    homes,
    folderOf,
    runtimeFolderOf: (id) => join(homes.runtime, id),
    listIds: () => listNames(homes).filter((name) => idPattern.test(name)),
    find(id) {
      const folder = folderOf(id);
      return idPattern.test(id) && existsSync(folder) ? readStored(id, folder) : undefined;
    },
    list: () =>
      store.listIds().flatMap((id) => {
        const stored = readStored(id, folderOf(id));
        // A folder that vanished since it was listed is a machine that was deleted meanwhile.
        return stored.problem !== null && !existsSync(stored.folder) ? [] : [stored];
      }),
    listMentioning: (...texts) =>
      store
        .listIds()
        .filter((id) => mentions(folderOf(id), ...texts))
        .flatMap((id) => store.find(id) ?? []),
    write(definition) {
      writeMachineFile(folderOf(definition.id), machineFile.definition, formatDefinition(definition));
      store.announce(definition.id);
    },
    announce(id) {
      const now = new Date();
      try {
        utimesSync(folderOf(id), now, now);
      } catch {
        // Gone, or on a disk that can only be read: the others look by themselves before long, and what was done stays done.
      }
    },
  };
  return store;
}

/** What is in the machines folder; a folder that somebody deleted under a running face is made again, empty. */
export function listNames(homes: Homes): string[] {
  try {
    return readdirSync(homes.machines);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    prepareHomes(homes);
    return [];
  }
}

/**
 * Replaces a file in a machine's folder. Half-written it lies in the machines folder under the machine's id, so that one
 * look at that folder finds the leftovers of all (`sweepLeftovers`). The caller holds the machine's lock.
 */
export function writeMachineFile(folder: string, name: string, text: string, options: { isDurable?: boolean } = {}): void {
  const temporary = join(dirname(folder), `${unfinishedPrefix.writing}${basename(folder)}`);
  writeFileAtomically(join(folder, name), text, { ...options, temporary });
}

/** The text of `machine.json`. */
export function formatDefinition(definition: MachineDefinition): string {
  return `${JSON.stringify(definition, null, 2)}\n`;
}

/** Makes the folders of a new machine in `folder`, all but its definition. */
export function makeMachineFolders(folder: string): void {
  mkdirSync(join(folder, machineFile.disks), { recursive: true, mode: 0o700 });
  mkdirSync(join(folder, machineFile.logs), { recursive: true, mode: 0o700 });
}

/** Whether the definition in a machine's folder has all of these somewhere; it need not be one that can be parsed. */
export function mentions(folder: string, ...texts: readonly (string | RegExp)[]): boolean {
  try {
    const definition = readSmallFile(join(folder, machineFile.definition));
    return texts.every((text) => (typeof text === 'string' ? definition.includes(text) : text.test(definition)));
  } catch {
    return false;
  }
}

function readStored(id: string, folder: string): StoredMachine {
  const file = join(folder, machineFile.definition);
  let value: unknown;
  try {
    value = JSON.parse(readSmallFile(file));
  } catch (error) {
    const problem =
      error instanceof SyntaxError
        ? `${file} is damaged: ${error.message}.`
        : `${file} cannot be read: ${(error as Error).message}.`;
    return { id, folder, name: id, definition: null, problem };
  }
  try {
    return { id, folder, name: findName(value) ?? id, definition: parseDefinition(value, id), problem: null };
  } catch (error) {
    return { id, folder, name: findName(value) ?? id, definition: null, problem: `${file}: ${(error as Error).message}` };
  }
}

const currentVersion = 3;

/** Brings what an older Bothy wrote to the present form; it is written in that form with the next change. */
function upgradeDefinition(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const old = value as Record<string, unknown>;
  switch (old['schemaVersion']) {
    case 1:
      return upgradeDefinition(addTimeline(old));
    case 2:
      return { ...old, schemaVersion: 3, template: null, throwaway: null, origin: null };
    default:
      return value;
  }
}

function addTimeline(old: Record<string, unknown>): unknown {
  const disks = Array.isArray(old['disks']) ? old['disks'].map((disk: unknown) => ({ ...(disk as object), bus: 'virtio' })) : [];
  const nvram = old['firmware'] === 'bios' ? null : machineFile.nvram;
  return { ...old, schemaVersion: 2, disks, nvram, tpm: null, timeline: emptyTimeline };
}

/** What a run, a snapshot or a saved memory keeps of a machine: what it is built from, and nothing of what became of it. */
export function dropTimeline({
  timeline: _timeline,
  template: _template,
  throwaway: _throwaway,
  origin: _origin,
  ...configuration
}: MachineConfiguration & Partial<MachineDefinition>): MachineConfiguration {
  return configuration;
}

/** Parses the content of a `machine.json`. Throws `machine-broken` that says what is wrong with it. */
export function parseDefinition(value: unknown, id: string): MachineDefinition {
  const version = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['schemaVersion'] : undefined;
  if (typeof version === 'number' && version > currentVersion) {
    throw new AppError(
      'machine-broken',
      `it was written by a newer Bothy (schema version ${version}, this one reads ${currentVersion}).`,
    );
  }
  const result = machineDefinitionSchema.safeParse(upgradeDefinition(value));
  if (!result.success) {
    const issue = result.error.issues[0];
    const path = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
    throw new AppError('machine-broken', `${path} is not valid: ${issue?.message ?? 'unknown reason'}.`);
  }
  if (result.data.id !== id)
    throw new AppError('machine-broken', `it says it is machine ${result.data.id}, but its folder is ${id}.`);
  return result.data;
}

function findName(value: unknown): string | undefined {
  const name = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['name'] : undefined;
  return typeof name === 'string' && machineNamePattern.test(name) ? name : undefined;
}
