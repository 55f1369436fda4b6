import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Core } from '../../core/core.ts';
import { listBases, readMachine } from '../kit/home-files.ts';
import { Keeper, keeperDiskBytes, vmDefined } from '../kit/keeper.ts';
import type { TestHome } from '../kit/test-home.ts';
import { getFailure } from '../kit/use-core.ts';
import type { Random } from './random.ts';
import {
  addNode,
  blockBytes,
  fillBlocks,
  goToNode,
  growDisk,
  isOn,
  listDescendants,
  type MachineModel,
  putText,
  removeNodes,
} from './timeline-model.ts';

/** One thing that can be done to a machine, how often compared to others, and when. */
export interface Deed {
  readonly name: string;
  readonly weight: number;
  can(machine: MachineModel): boolean;
  act(machine: MachineModel): Promise<void>;
}

/** How much there may be at once. */
export interface PlayLimits {
  readonly machines: number;
  readonly nodes: number;
  readonly on: number;
}

/** The guest has what is below for itself. */
const firstFreeBlock = 17;
/** So that a disk is read and compared in a moment. */
const mostBlocks = 2048;

/** Machines with timelines, a model of each, and all that can be done to them, with chance choosing the details. */
export class TimelinePlay {
  readonly #home: TestHome;
  readonly #core: Core;
  readonly #random: Random;
  readonly #limits: PlayLimits;
  readonly #models = new Map<string, MachineModel>();
  #count = 0;

  constructor(home: TestHome, core: Core, random: Random, limits: PlayLimits) {
    this.#home = home;
    this.#core = core;
    this.#random = random;
    this.#limits = limits;
  }

  get models(): MachineModel[] {
    return [...this.#models.values()];
  }

  /** Puts a model in the place of what is known of a machine. */
  remember(machine: MachineModel): void {
    this.#models.set(machine.id, machine);
  }

  async addMachine(): Promise<void> {
    const name = this.buildName('machine');
    const { machine: id } = await vmDefined(this.#core, this.#home.scratch, name, { guest: 'tiny', disks: 2 });
    const disk = { blocks: new Uint8Array(keeperDiskBytes.tiny / blockBytes), text: null };
    this.remember({ id, name, state: 'off', present: { memory: null, disks: [disk, disk] }, current: null, nodes: [] });
  }

  /** Chooses a machine and something that can be done to it. */
  choose(isWanted: (deed: Deed) => boolean = () => true): { machine: MachineModel; deed: Deed } | undefined {
    const deeds = this.#deeds.filter(isWanted);
    const choices = this.models.flatMap((machine) => deeds.filter(({ can }) => can(machine)).map((deed) => ({ machine, deed })));
    let place = this.#random.below(choices.reduce((sum, { deed }) => sum + deed.weight, 0));
    return choices.find(({ deed }) => {
      place -= deed.weight;
      return place < 0;
    });
  }

  /** A machine that runs must have in memory and on its disks what its model says. */
  async ask({ id, state, present }: MachineModel): Promise<void> {
    if (state !== 'running') return;
    const { memory, disks } = present;
    expect(await this.#keeper(id).get()).toEqual({ memory, disks: disks.map(({ text }) => text) });
  }

  /** Leaves what nobody knows any more of a machine whose QEMU was killed: for a snapshot, or for another machine. */
  async leavePresent(machine: MachineModel): Promise<void> {
    const { handlers } = this.#core;
    if (hasNodes(machine)) {
      const node = this.#random.pick(machine.nodes);
      await handlers.snapshot.restore({ machine: machine.id, snapshot: node.id, present: 'discard' }, {});
      await this.#setAndAsk(goToNode(machine, node));
      return;
    }
    for (const { id } of this.models)
      if (listBases(this.#home, id).includes(machine.id)) await handlers.machine.detach({ machine: id }, {});
    await handlers.machine.delete({ machine: machine.id }, {});
    this.#models.delete(machine.id);
    if (this.#models.size === 0) await this.addMachine();
  }

  /** A name that no other thing of this play has. */
  buildName(what: string): string {
    this.#count += 1;
    return `${what}-${this.#count}`;
  }

  readonly #deeds: readonly Deed[] = [
    { name: 'write', weight: 6, can: ({ state }) => state === 'off', act: (machine) => this.#write(machine) },
    { name: 'put', weight: 6, can: isRunning, act: (machine) => this.#putText(machine) },
    {
      name: 'start',
      weight: 4,
      can: (machine) => !isOn(machine) && this.#hasRoomFor('on'),
      act: (machine) => this.#start(machine),
    },
    { name: 'stop', weight: 3, can: ({ state }) => state !== 'off', act: (machine) => this.#stop(machine) },
    { name: 'suspend', weight: 3, can: isRunning, act: (machine) => this.#suspend(machine) },
    { name: 'pause', weight: 1, can: isRunning, act: (machine) => this.#pause(machine) },
    { name: 'resume', weight: 4, can: ({ state }) => state === 'paused', act: (machine) => this.#resume(machine) },
    {
      name: 'resize',
      weight: 2,
      can: ({ state }) => state === 'off' || state === 'running',
      act: (machine) => this.#resize(machine),
    },
    { name: 'snapshot', weight: 9, can: (machine) => this.#hasRoomForNode(machine), act: (machine) => this.#snapshot(machine) },
    { name: 'restore', weight: 8, can: hasNodes, act: (machine) => this.#restore(machine) },
    { name: 'delete', weight: 6, can: hasNodes, act: (machine) => this.#delete(machine) },
    { name: 'clone', weight: 4, can: () => this.#hasRoomFor('machines'), act: (machine) => this.#clone(machine) },
    { name: 'detach', weight: 3, can: ({ id }) => listBases(this.#home, id).length > 0, act: (machine) => this.#detach(machine) },
    {
      name: 'delete machine',
      weight: 2,
      can: (machine) => !isOn(machine) && this.#models.size > 1,
      act: (machine) => this.#deleteMachine(machine),
    },
  ];

  async #write(machine: MachineModel): Promise<void> {
    const disk = this.#below(2);
    const blocks = machine.present.disks[disk]?.blocks.length ?? 0;
    const first = firstFreeBlock + this.#below(blocks - firstFreeBlock);
    const write = { first, count: 1 + this.#below(Math.min(256, blocks - first)), fill: 1 + this.#below(255) };
    const { folder, definition } = readMachine(this.#home, machine.id);
    const command = `write -q -P ${write.fill} ${first * blockBytes} ${write.count * blockBytes}`;
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', command, join(folder, definition.disks[disk]?.file ?? '')], { stdio: 'pipe' });
    this.remember({ ...machine, present: fillBlocks(machine.present, disk, write) });
  }

  async #putText(machine: MachineModel): Promise<void> {
    const text = this.buildName('text');
    await this.#keeper(machine.id).put(text);
    this.remember({ ...machine, present: putText(machine.present, text) });
  }

  async #start(machine: MachineModel): Promise<void> {
    if (machine.state === 'suspended') {
      const { state } = await this.#core.handlers.machine.start({ machine: machine.id }, {});
      expect(['running', 'paused']).toContain(state);
      await this.#setAndAsk({ ...machine, state: state === 'paused' ? 'paused' : 'running' });
      return;
    }
    await this.#keeper(machine.id).boot();
    await this.#setAndAsk({ ...machine, state: 'running', present: { ...machine.present, memory: null } });
  }

  /** A machine that is suspended loses its memory by that. */
  async #stop(machine: MachineModel): Promise<void> {
    await this.#core.handlers.machine.kill({ machine: machine.id }, {});
    this.remember({ ...machine, state: 'off' });
  }

  async #suspend(machine: MachineModel): Promise<void> {
    await this.#core.handlers.machine.suspend({ machine: machine.id }, {});
    this.remember({ ...machine, state: 'suspended' });
  }

  async #pause(machine: MachineModel): Promise<void> {
    await this.#core.handlers.machine.pause({ machine: machine.id }, {});
    this.remember({ ...machine, state: 'paused' });
  }

  async #resume(machine: MachineModel): Promise<void> {
    await this.#core.handlers.machine.resume({ machine: machine.id }, {});
    await this.#setAndAsk({ ...machine, state: 'running' });
  }

  async #resize(machine: MachineModel): Promise<void> {
    const disk = this.#below(2);
    const blocks = Math.min(mostBlocks, (machine.present.disks[disk]?.blocks.length ?? 0) + 16 * (1 + this.#below(8)));
    if (blocks === machine.present.disks[disk]?.blocks.length) return;
    await this.#core.handlers.image.resize({ image: `${machine.name}:disk${disk}`, size: blocks * blockBytes }, {});
    this.remember({ ...machine, present: growDisk(machine.present, disk, blocks) });
  }

  async #snapshot(machine: MachineModel): Promise<void> {
    const name = this.buildName('node');
    const { snapshot } = await this.#core.handlers.snapshot.create({ machine: machine.id, name }, {});
    await this.#setAndAsk(addNode(machine, snapshot));
  }

  async #restore(machine: MachineModel): Promise<void> {
    const node = this.#random.pick(machine.nodes);
    const keepAs = this.buildName('kept');
    const isKept = this.#hasRoomForNode(machine) && this.#below(3) === 0;
    const wish = isKept ? ({ present: 'keep', keepAs } as const) : ({ present: 'discard' } as const);
    await this.#core.handlers.snapshot.restore({ machine: machine.id, snapshot: node.name, ...wish }, {});
    // A present that has not changed since the node it grew from is not kept once more.
    const { snapshots } = await this.#core.handlers.snapshot.list({ machine: machine.id }, {});
    const kept = snapshots.find(({ name }) => name === keepAs);
    await this.#setAndAsk(goToNode(kept === undefined ? machine : addNode(machine, kept), node));
  }

  async #delete(machine: MachineModel): Promise<void> {
    const node = this.#random.pick(machine.nodes);
    const descendants = this.#below(4) === 0;
    await this.#core.handlers.snapshot.delete({ machine: machine.id, snapshot: node.id, descendants }, {});
    await this.#setAndAsk(removeNodes(machine, descendants ? listDescendants(machine, node.id) : [node.id]));
  }

  async #clone(machine: MachineModel): Promise<void> {
    const name = this.buildName('clone');
    const node = hasNodes(machine) && this.#below(2) === 0 ? this.#random.pick(machine.nodes) : undefined;
    const full = this.#below(3) === 0;
    const call = { machine: machine.id, name, full, ...(node === undefined ? {} : { snapshot: node.id }) };
    const { id } = await this.#core.handlers.machine.clone(call, {});
    const { disks } = node?.place ?? machine.present;
    this.remember({ id, name, state: 'off', present: { disks, memory: null }, current: null, nodes: [] });
    expect(listBases(this.#home, id).length > 0).toBe(!full);
    await this.ask(machine);
  }

  async #detach(machine: MachineModel): Promise<void> {
    await this.#core.handlers.machine.detach({ machine: machine.id }, {});
    expect(listBases(this.#home, machine.id)).toEqual([]);
    await this.ask(machine);
  }

  /** Refused while another machine builds on it. */
  async #deleteMachine({ id }: MachineModel): Promise<void> {
    const { machine } = this.#core.handlers;
    const { dependents } = await machine.relations({ machine: id }, {});
    const expected = this.models.map((model) => model.id).filter((other) => listBases(this.#home, other).includes(id));
    expect(dependents.map((one) => one.id).toSorted()).toEqual(expected.toSorted());
    if (expected.length > 0) {
      expect(await getFailure(machine.delete({ machine: id }, {}))).toMatchObject({ code: 'wrong-state' });
      return;
    }
    await machine.delete({ machine: id }, {});
    this.#models.delete(id);
  }

  async #setAndAsk(machine: MachineModel): Promise<void> {
    this.remember(machine);
    await this.ask(machine);
  }

  #keeper(id: string): Keeper {
    return new Keeper(this.#core, id, 'tiny');
  }

  #hasRoomFor(what: 'machines' | 'on'): boolean {
    return what === 'machines' ? this.#models.size < this.#limits.machines : this.models.filter(isOn).length < this.#limits.on;
  }

  #hasRoomForNode({ nodes }: MachineModel): boolean {
    return nodes.length < this.#limits.nodes;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.below(limit));
  }
}

function isRunning({ state }: MachineModel): boolean {
  return state === 'running';
}

function hasNodes({ nodes }: MachineModel): boolean {
  return nodes.length > 0;
}
