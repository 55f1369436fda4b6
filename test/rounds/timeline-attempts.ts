import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import type { SnapshotInfo } from '../../contract/snapshot.ts';
import type { Core } from '../../core/core.ts';
import { listBases } from '../kit/home-files.ts';
import type { TestHome } from '../kit/test-home.ts';
import type { Random } from './random.ts';
import { addNode, goToNode, isOn, listDescendants, type MachineModel, type NodeModel, removeNodes } from './timeline-model.ts';
import type { TimelinePlay } from './timeline-play.ts';

/** What somebody who looks afterwards finds by name. */
export interface Found {
  readonly machineIds: ReadonlyMap<string, string>;
  /** By machine id and name. */
  readonly snapshots: ReadonlyMap<string, ReadonlyMap<string, SnapshotInfo>>;
}

/** An operation that is going to be cut short, and all that may be true after that. */
export interface Attempt {
  readonly name: string;
  readonly machine: MachineModel;
  readonly operation: string;
  readonly input: object;
  /** Each possibility is the machines that are new or have changed; only one is left when the operation was reported done. */
  listOutcomes(found: Found, isDone: boolean): readonly (readonly MachineModel[])[];
  /** Told when the operation was reported done. */
  readonly onDone?: () => void;
}

export const mostAttemptNodes = 6;
const mostMachines = 3;

/** Chooses operations that make sense for some machine. */
export class AttemptChooser {
  readonly #home: TestHome;
  readonly #play: TimelinePlay;
  readonly #random: Random;
  /** The last machine whose export was reported done, as it was then; a copy of that file is kept. */
  #archive: MachineModel | undefined;

  constructor(home: TestHome, play: TimelinePlay, random: Random) {
    this.#home = home;
    this.#play = play;
    this.#random = random;
    mkdirSync(join(this.#archiveFile, '..'), { recursive: true });
  }

  choose(): Attempt {
    const attempts = this.#play.models.flatMap((machine) => this.#list(machine));
    return this.#random.pick(attempts)();
  }

  /** Several of one kind make that more likely. */
  #list(machine: MachineModel): (() => Attempt)[] {
    const hasRoom = machine.nodes.length < mostAttemptNodes;
    const hasRoomForMachine = this.#play.models.length < mostMachines;
    const { nodes, state, id } = machine;
    const isLikely = (one: number): boolean => this.#random.below(one) < 1;
    const pickNode = (): NodeModel => this.#random.pick(nodes);
    const name = (what: string): string => this.#play.buildName(what);
    const list: (() => Attempt)[] = [];
    if (hasRoom)
      list.push(
        () => attemptSnapshot(machine, name('node')),
        () => attemptSnapshot(machine, name('node')),
      );
    if (nodes.length > 0) {
      list.push(() => attemptRestore(machine, pickNode(), undefined));
      list.push(() => attemptDelete(machine, pickNode(), false));
      list.push(() => attemptDelete(machine, pickNode(), isLikely(3)));
      if (hasRoom) list.push(() => attemptRestore(machine, pickNode(), name('kept')));
    }
    if (hasRoomForMachine) {
      list.push(() =>
        attemptClone(machine, nodes.length > 0 && isLikely(2) ? pickNode() : undefined, name('clone'), isLikely(2)),
      );
    }
    if (listBases(this.#home, id).length > 0) list.push(() => attemptDetach(machine));
    if (state === 'running')
      list.push(
        () => attemptSuspend(machine),
        () => attemptSuspend(machine),
      );
    if (!isOn(machine)) list.push(() => this.#attemptExport(machine));
    const archive = this.#archive;
    if (hasRoomForMachine && archive !== undefined) list.push(() => this.#attemptImport(machine, archive, name('import')));
    return list;
  }

  /** One more export, which takes away what those that were cut short left beside the file. */
  async end(core: Core): Promise<void> {
    const [machine] = this.#play.models;
    if (machine === undefined) return;
    const { pid } = await core.handlers.machine.info({ machine: machine.id }, {});
    if (pid !== null) await core.handlers.machine.kill({ machine: machine.id }, {});
    await core.handlers.machine.export({ machine: machine.id, file: this.#archiveFile, force: true }, {});
    const names = readdirSync(join(this.#archiveFile, '..')).filter((name) => name !== basename(this.#keptFile));
    expect(names).toEqual([basename(this.#archiveFile)]);
  }

  get #archiveFile(): string {
    return join(this.#home.folder, 'exports', 'machine.bothy');
  }

  get #keptFile(): string {
    return join(this.#home.folder, 'exports', 'kept.bothy');
  }

  #attemptExport(machine: MachineModel): Attempt {
    return {
      name: 'export',
      machine,
      operation: 'machine.export',
      input: { machine: machine.id, file: this.#archiveFile, force: true },
      listOutcomes: () => [[machine]],
      onDone: () => {
        copyFileSync(this.#archiveFile, this.#keptFile);
        this.#archive = machine;
      },
    };
  }

  #attemptImport(machine: MachineModel, archive: MachineModel, name: string): Attempt {
    return {
      name: 'import',
      machine,
      operation: 'machine.import',
      input: { file: this.#keptFile, name },
      listOutcomes: ({ machineIds, snapshots }, isDone) => {
        const id = machineIds.get(name);
        if (id === undefined) return isDone ? [] : [[machine]];
        const idOf = (node: string | null): string | null => {
          const before = archive.nodes.find((one) => one.id === node)?.name;
          return before === undefined ? null : (snapshots.get(id)?.get(before)?.id ?? null);
        };
        const nodes = archive.nodes.map((node) => ({ ...node, id: idOf(node.id) ?? '', parent: idOf(node.parent) }));
        return [[machine, { ...archive, id, name, nodes, current: idOf(archive.current) }]];
      },
    };
  }
}

function attemptSnapshot(machine: MachineModel, name: string): Attempt {
  return {
    name: `snapshot of ${isOn(machine) ? 'a machine that is on' : machine.state}`,
    machine,
    operation: 'snapshot.create',
    input: { machine: machine.id, name },
    listOutcomes: ({ snapshots }, isDone) => {
      const taken = snapshots.get(machine.id)?.get(name);
      if (taken !== undefined) return [[addNode(machine, taken)]];
      return isDone ? [] : [[machine]];
    },
  };
}

function attemptRestore(machine: MachineModel, node: NodeModel, keepAs: string | undefined): Attempt {
  const wish = keepAs === undefined ? { present: 'discard' } : { present: 'keep', keepAs };
  return {
    name: `restore ${keepAs === undefined ? '' : 'and keep '}to ${node.state}`,
    machine,
    operation: 'snapshot.restore',
    input: { machine: machine.id, snapshot: node.id, ...wish },
    listOutcomes: ({ snapshots }, isDone) => {
      const kept = snapshots.get(machine.id)?.get(keepAs ?? '');
      const before = kept === undefined ? machine : addNode(machine, kept);
      const after = goToNode(before, node);
      if (isDone) return [[after]];
      // It may be there and not be started yet, or only the present be ended that was to be thrown away.
      const waiting: MachineModel[] = node.state === 'off' ? [] : [{ ...after, state: 'suspended' }];
      const ended: MachineModel[] = isOn(machine) ? [{ ...before, state: 'off' }] : [];
      return [before, after, ...waiting, ...ended].map((outcome) => [outcome]);
    },
  };
}

function attemptDelete(machine: MachineModel, node: NodeModel, descendants: boolean): Attempt {
  const gone = descendants ? listDescendants(machine, node.id) : [node.id];
  return {
    name: `delete while ${isOn(machine) ? 'on' : machine.state}`,
    machine,
    operation: 'snapshot.delete',
    input: { machine: machine.id, snapshot: node.id, descendants },
    listOutcomes: (_found, isDone) => (isDone ? [[removeNodes(machine, gone)]] : [[machine], [removeNodes(machine, gone)]]),
  };
}

function attemptClone(machine: MachineModel, node: NodeModel | undefined, name: string, full: boolean): Attempt {
  const { disks } = node?.place ?? machine.present;
  return {
    name: `${full ? 'full' : 'linked'} clone of ${node === undefined ? 'the present' : 'a snapshot'}`,
    machine,
    operation: 'machine.clone',
    input: { machine: machine.id, name, full, ...(node === undefined ? {} : { snapshot: node.id }) },
    listOutcomes: ({ machineIds }, isDone) => {
      const id = machineIds.get(name);
      if (id === undefined) return isDone ? [] : [[machine]];
      return [[machine, { id, name, state: 'off', present: { disks, memory: null }, current: null, nodes: [] }]];
    },
  };
}

function attemptDetach(machine: MachineModel): Attempt {
  const input = { machine: machine.id };
  return { name: 'detach', machine, operation: 'machine.detach', input, listOutcomes: () => [[machine]] };
}

function attemptSuspend(machine: MachineModel): Attempt {
  const after: MachineModel = { ...machine, state: 'suspended' };
  return {
    name: 'suspend',
    machine,
    operation: 'machine.suspend',
    input: { machine: machine.id },
    listOutcomes: (_found, isDone) => (isDone ? [[after]] : [[machine], [after]]),
  };
}
