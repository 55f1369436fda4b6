import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Image, ImageInfo, ImageRole } from '../../contract/image.ts';
import type { MachineStore, StoredMachine } from '../machine/machine-store.ts';
import { keptFolder, machineFile } from '../storage/file-names.ts';
import { type ChainLink, createLayerReader, type LayerReader, readChain } from './read-chain.ts';
import { isWorkshopName, removeLostWorkshops } from './workshop.ts';

type Mention = NonNullable<Image['machine']>;

/** An image of Bothy's and the images that build directly on it, by path. */
export type TableImage = Image & Pick<ImageInfo, 'dependents'>;

/** Every image below the machines and in the kept folder, by absolute path. */
export type ImageTable = ReadonlyMap<string, TableImage>;

/** What is known of a file while the table is built. */
interface Draft {
  readonly link: ChainLink;
  machine: Mention | null;
  device: string | null;
  role: ImageRole;
  readonly snapshots: Mention[];
  readonly usedBy: Map<string, Mention>;
  readonly dependents: string[];
}

/**
 * Finds every image and what it is for: from the definitions of the machines down the chains of their disks, by headers
 * alone. No image is opened by QEMU's tools and no lock is taken. One bad file is listed with its problem.
 */
export function readImageTable(store: MachineStore): ImageTable {
  const read = createLayerReader();
  const drafts = new Map<string, Draft>();
  const machines = store.list();
  for (const machine of machines) walkMachine(machine, drafts, read);
  for (const machine of machines) addOthers(machine, drafts, read);
  addKept(join(store.homes.data, keptFolder), drafts, read);
  for (const { link } of drafts.values()) {
    const below = link.layer?.backing?.file;
    if (below != null) drafts.get(below)?.dependents.push(link.file);
  }
  return new Map([...drafts].map(([file, draft]) => [file, finish(draft, read)]));
}

/** Follows a machine's disks and snapshots downwards; what they reach may be in the folder of another machine. */
function walkMachine(machine: StoredMachine, drafts: Map<string, Draft>, read: LayerReader): void {
  const user = { id: machine.id, name: machine.name };
  for (const root of listRoots(machine)) {
    for (const [depth, link] of readChain(root.file, root.format, read).entries()) {
      const draft = getDraft(drafts, link.file, () => link);
      draft.usedBy.set(user.id, user);
      if (depth === 0) {
        if (draft.role === 'shared' || root.role === 'present') draft.role = root.role;
        if (root.snapshot !== null) draft.snapshots.push(root.snapshot);
      }
      if (link.file.startsWith(`${machine.folder}/`)) {
        draft.machine = user;
        draft.device ??= root.device;
      }
    }
  }
}

interface Root {
  readonly file: string;
  readonly format: string | null;
  readonly role: ImageRole;
  readonly device: string | null;
  readonly snapshot: Mention | null;
}

/** The files that a machine names itself. All files of one whose definition cannot be read: nobody knows which it needs. */
function listRoots({ definition, folder }: StoredMachine): readonly Root[] {
  const root = (
    file: string,
    format: string | null,
    role: ImageRole,
    device: string | null,
    snapshot: Mention | null = null,
  ) => ({
    ...{ file, format, role, device, snapshot },
  });
  if (definition === null) {
    return listImages(join(folder, machineFile.disks)).map((file) => root(file, guessFormat(file), 'unknown', null));
  }
  const { disks, timeline, template } = definition;
  // What a template names nobody writes to: all of it is there to be built on.
  const role = template === null ? 'present' : 'shared';
  return [
    ...disks.map(({ id, file, format }) => root(join(folder, file), format, role, id)),
    ...(template?.warm?.layers ?? []).map(({ disk, file }) => root(join(folder, file), 'qcow2', role, disk)),
    ...timeline.snapshots.flatMap(({ id, name, layers }) =>
      layers.map(({ disk, file }) => root(join(folder, file), 'qcow2', 'snapshot', disk, { id, name })),
    ),
    ...timeline.merges.flatMap(({ disk, from, into }) =>
      [from, into].map((file) => root(join(folder, file), 'qcow2', 'shared', disk)),
    ),
  ];
}

/** The files in a machine's folder that it does not reach itself: those that only a clone builds on, and orphans. */
function addOthers({ id, name, folder }: StoredMachine, drafts: Map<string, Draft>, read: LayerReader): void {
  for (const file of listImages(join(folder, machineFile.disks))) {
    const isReached = drafts.has(file);
    const draft = getDraft(drafts, file, () => read(file, guessFormat(file)));
    if (!isReached) draft.role = 'orphan';
    draft.machine = { id, name };
    draft.device ??= /^(disk[0-9]+)\b/.exec(basename(file))?.[1] ?? null;
  }
}

function addKept(kept: string, drafts: Map<string, Draft>, read: LayerReader): void {
  for (const { name } of listEntries(kept)) {
    for (const file of listImages(join(kept, name))) {
      getDraft(drafts, file, () => read(file, guessFormat(file))).role = 'kept';
    }
  }
}

/** The images of a folder. Workshops of processes that died are removed on the way. */
function listImages(folder: string): string[] {
  const entries = listEntries(folder);
  removeLostWorkshops(
    folder,
    entries.map(({ name }) => name),
  );
  return entries.filter((entry) => !entry.isDirectory() && !isWorkshopName(entry.name)).map(({ name }) => join(folder, name));
}

/** What is called raw is raw, whatever a guest wrote on it; the header of others tells. */
function guessFormat(file: string): 'raw' | null {
  return /\.(raw|img)$/i.test(file) ? 'raw' : null;
}

function listEntries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function getDraft(drafts: Map<string, Draft>, file: string, read: () => ChainLink): Draft {
  let draft = drafts.get(file);
  if (draft === undefined) {
    draft = { link: read(), machine: null, device: null, role: 'shared', snapshots: [], usedBy: new Map(), dependents: [] };
    drafts.set(file, draft);
  }
  return draft;
}

function finish({ link, machine, device, role, snapshots, usedBy, dependents }: Draft, read: LayerReader): TableImage {
  const { file, layer } = link;
  return {
    file,
    format: layer?.format ?? guessFormat(file) ?? 'qcow2',
    virtualSize: layer?.virtualSize ?? null,
    actualSize: layer?.actualSize ?? 0,
    backingFile: layer?.backing?.file ?? null,
    machine,
    device,
    role: role === 'shared' && machine === null ? 'outside' : role,
    snapshots,
    usedBy: [...usedBy.values()],
    problem: link.problem ?? findProblemBelow(link, read),
    dependents,
  };
}

function findProblemBelow({ layer }: ChainLink, read: LayerReader): string | null {
  const backing = layer?.backing;
  if (backing?.file == null) return null;
  const { problem } = read(backing.file, backing.format);
  return problem === null ? null : `what it builds on, ${backing.file}, cannot be used: ${problem}`;
}
