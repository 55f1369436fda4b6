import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { qemuImg } from '../kit/disk-images.ts';
import { followChain, listLostFiles, listNamedLayers, type MachineOnDisk, readMachine, signChain } from '../kit/home-files.ts';
import { checkImage } from '../kit/image-facts.ts';
import { type Keeper, type KeeperOptions, vmDefined } from '../kit/keeper.ts';
import type { CoreOfTest } from '../kit/use-core.ts';
import { createRandom } from './random.ts';

/** The parent of each node: eleven nodes, branches at 0, 1 and 7, leaves 3, 6, 9 and 10. */
const parents = [null, 0, 1, 2, 1, 4, 5, 0, 7, 8, 7] as const;
/** Every node once, mostly far from the one before; then those that are left. */
const visits = { before: [3, 9, 0, 6, 10, 1, 8, 2, 7, 5, 4], after: [3, 0, 2, 4] } as const;

export interface TreeOptions extends KeeperOptions {
  /** Which nodes are snapshots of the machine while it is off; the others hold memory. */
  readonly isOff: (node: number) => boolean;
  /** How many of the nodes that are off are booted once they are restored; each costs a boot. */
  readonly boots: number;
}

interface Node {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly isOff: boolean;
  /** Copies of its disks, set aside when it was taken: raw, by the disk's id. */
  readonly disks: ReadonlyMap<string, string>;
  readonly nvram: string | null;
}

/**
 * Grows a tree of snapshots in which every node holds a text of its own in memory, on all disks and in the UEFI variables, goes
 * to every node, deletes some in three ways, and goes to those that are left. After every step all images are whole and all nodes are compared.
 */
export async function growTree(test: CoreOfTest, name: string, options: TreeOptions): Promise<void> {
  const tree = new Tree(test, name, options, await vmDefined(test.core, test.scratch, name, options));
  for (const [index, parent] of parents.entries()) await tree.grow(index, parent);
  let boots = options.boots;
  for (const index of visits.before) {
    await tree.visit(index, { isBooted: boots > 0 });
    if (options.isOff(index)) boots -= 1;
  }
  // A node with one child, whose layer goes down into the one below or takes up the one above; one with two, whose layer
  // has to stay; the node the present grew from; and one with all that grew from it.
  await tree.remove(5);
  await tree.remove(1);
  await tree.visit(6);
  await tree.remove(6);
  await tree.remove(7, { descendants: [8, 9, 10] });
  for (const index of visits.after) await tree.visit(index);
  await tree.end();
}

/** Grows, visits and deletes nodes chosen by a seed, most of them with memory, one step after the other. */
export async function wanderTree(
  test: CoreOfTest,
  name: string,
  options: KeeperOptions,
  { steps, seed }: { steps: number; seed: number },
): Promise<void> {
  const random = createRandom(seed);
  const isOff = (node: number): boolean => node % 7 === 6;
  const tree = new Tree(test, name, { ...options, isOff, boots: 0 }, await vmDefined(test.core, test.scratch, name, options));
  try {
    for (let step = 0; step < steps; step += 1) {
      const { nodes } = tree;
      const choice = random.below(10);
      if (nodes.length === 0 || (choice < 4 && nodes.length < 12)) {
        await tree.grow(step, nodes.length === 0 ? null : random.pick(nodes));
      } else if (choice < 8) await tree.visit(random.pick(nodes));
      else await tree.remove(random.pick(nodes));
    }
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  await tree.end();
}

class Tree {
  readonly #test: CoreOfTest;
  readonly #name: string;
  readonly #options: TreeOptions;
  readonly #keeper: Keeper;
  readonly #nodes = new Map<number, Node>();
  readonly #seen = new Map<string, string>();
  #present: number | null = null;

  constructor(test: CoreOfTest, name: string, options: TreeOptions, keeper: Keeper) {
    this.#test = test;
    this.#name = name;
    this.#options = options;
    this.#keeper = keeper;
  }

  get nodes(): number[] {
    return [...this.#nodes.keys()];
  }

  /** A new node below another: there, a new text is put everywhere, and a snapshot taken. */
  async grow(index: number, parent: number | null): Promise<void> {
    if (parent !== null && this.#present !== parent) await this.#restore(parent);
    if (!(await this.#isOn())) await this.#keeper.boot();
    const text = `node-${index}`;
    await this.#keeper.put(text);
    const isOff = this.#options.isOff(index);
    if (isOff) await this.#test.machine.kill({ machine: this.#name }, {});
    const { snapshot, method } = await this.#test.core.handlers.snapshot.create({ machine: this.#name, name: `n${index}` }, {});
    expect(snapshot).toMatchObject({ name: `n${index}`, state: isOff ? 'off' : 'running', isCurrent: true });
    expect(snapshot.parent).toBe(parent === null ? null : this.#get(parent).id);
    expect(isOff ? ['off'] : ['precopy', 'paused']).toContain(method);
    this.#nodes.set(index, this.#setAside(index, snapshot.id, text, isOff));
    this.#present = index;
    await this.#check(`n${index} was taken`);
  }

  /** Goes to a node and looks that everything is what it was there. */
  async visit(index: number, { isBooted = false } = {}): Promise<void> {
    const { text, isOff } = this.#get(index);
    await this.#restore(index);
    const disks = Array.from({ length: this.#options.disks }, () => text);
    const nvram = this.#options.firmware === 'uefi' ? { nvram: text } : {};
    if (!isOff) expect(await this.#keeper.get(), `in n${index}`).toEqual({ memory: text, disks, ...nvram });
    else if (isBooted) {
      await this.#keeper.boot();
      expect(await this.#keeper.get(), `in n${index}`).toEqual({ memory: null, disks, ...nvram });
      this.#present = null;
    }
    await this.#check(`n${index} was restored`);
  }

  /** Deletes a node; its children grow from its parent then. */
  async remove(index: number, { descendants = [] }: { descendants?: readonly number[] } = {}): Promise<void> {
    const { snapshot } = this.#test.core.handlers;
    const call = { machine: this.#name, snapshot: `n${index}`, descendants: descendants.length > 0 };
    const gone = [index, ...descendants].map((node) => this.#get(node).name);
    const plan = await snapshot.plan(call, {});
    expect(plan.snapshots.map(({ name }) => name).toSorted()).toEqual(gone.toSorted());
    expect(await snapshot.delete(call, {})).toEqual(plan);
    for (const node of [index, ...descendants]) this.#nodes.delete(node);
    await this.#check(`n${index} was deleted`);
  }

  async end(): Promise<void> {
    if (await this.#isOn()) await this.#test.machine.kill({ machine: this.#name }, {});
    await this.#test.machine.delete({ machine: this.#name }, {});
    expect(listLostFiles(this.#test.home)).toEqual([]);
  }

  async #restore(index: number): Promise<void> {
    const { name, isOff } = this.#get(index);
    const call = { machine: this.#name, snapshot: name, present: 'discard' } as const;
    const { state } = await this.#test.core.handlers.snapshot.restore(call, {});
    expect(state, `after ${name} was restored`).toBe(isOff ? 'off' : 'running');
    this.#present = index;
  }

  async #isOn(): Promise<boolean> {
    return (await this.#test.machine.info({ machine: this.#name }, {})).pid !== null;
  }

  #get(index: number): Node {
    const node = this.#nodes.get(index);
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  }

  /** Copies what a node holds, by the real qemu-img. */
  #setAside(index: number, id: string, text: string, isOff: boolean): Node {
    const { folder, definition } = this.#readMachine();
    const record = definition.timeline.snapshots.find((snapshot) => snapshot.id === id);
    const disks = new Map<string, string>();
    for (const { disk, file } of record?.layers ?? []) {
      const copy = join(this.#test.scratch, `n${index}-${disk}.raw`);
      qemuImg('convert', '-U', '-f', 'qcow2', '-O', 'raw', join(folder, file), copy);
      disks.set(disk, copy);
    }
    const variables = join(folder, 'snapshots', id, 'nvram.fd');
    const nvram = existsSync(variables) ? join(this.#test.scratch, `n${index}.fd`) : null;
    if (nvram !== null) copyFileSync(variables, nvram);
    expect(nvram !== null).toBe(this.#options.firmware === 'uefi');
    return { id, name: `n${index}`, text, isOff, disks, nvram };
  }

  #readMachine(): MachineOnDisk {
    return readMachine(this.#test.home, this.#name);
  }

  /** All images are whole, every node holds what was set aside, nothing lies about. */
  async #check(when: string): Promise<void> {
    const machine = this.#readMachine();
    const { snapshots } = machine.definition.timeline;
    expect(snapshots.map(({ name }) => name).toSorted(), when).toEqual(
      [...this.#nodes.values()].map(({ name }) => name).toSorted(),
    );
    const written = machine.definition.disks.map(({ file }) => join(machine.folder, file));
    const images = new Set(listNamedLayers(machine).flatMap(followChain));
    await this.#whileFlushed(async () => {
      for (const image of images) {
        if (!this.#isNews(`check ${image}`, image)) continue;
        const faults = await checkImage(image, { isInUse: true });
        expect(faults, `${image} after ${when}`).toEqual({ corruptions: 0, leaks: 0 });
      }
    });
    for (const node of this.#nodes.values()) {
      const layers = snapshots.find(({ id }) => id === node.id)?.layers ?? [];
      expect(layers.length).toBe(node.disks.size);
      for (const { disk, file } of layers) {
        expect(written, `${node.name} has its layers for itself`).not.toContain(join(machine.folder, file));
        if (!this.#isNews(`compare ${node.name} ${disk}`, join(machine.folder, file))) continue;
        const argv = ['-U', '-f', 'qcow2', '-F', 'raw', join(machine.folder, file), node.disks.get(disk) ?? ''];
        expect(qemuImg('compare', ...argv), `${node.name} after ${when}`).toContain('Images are identical');
      }
      if (node.nvram === null) continue;
      const variables = readFileSync(join(machine.folder, 'snapshots', node.id, 'nvram.fd'));
      expect(variables.equals(readFileSync(node.nvram)), `variables of ${node.name} after ${when}`).toBe(true);
    }
    expect(listLostFiles(this.#test.home), when).toEqual([]);
  }

  /** Whether a layer, or one below it, is another than when it was looked at for this reason before. */
  #isNews(reason: string, layer: string): boolean {
    const signature = signChain(layer);
    if (this.#seen.get(reason) === signature) return false;
    this.#seen.set(reason, signature);
    return true;
  }

  /** QEMU writes what it holds back of an image when it stops the guest, so only then can somebody else check the image. */
  async #whileFlushed(act: () => Promise<void>): Promise<void> {
    const isOn = await this.#isOn();
    if (isOn) await this.#test.machine.pause({ machine: this.#name }, {});
    await act();
    if (isOn) await this.#test.machine.resume({ machine: this.#name }, {});
  }
}
