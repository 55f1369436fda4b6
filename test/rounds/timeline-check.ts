import { join } from 'node:path';
import type { Core } from '../../core/core.ts';
import { followChain, listLostFiles, listNamedLayers, type MachineOnDisk, readMachines, signChain } from '../kit/home-files.ts';
import { checkImage, readDiskContent } from '../kit/image-facts.ts';
import { bootSector } from '../kit/keeper-guest.ts';
import type { TestHome } from '../kit/test-home.ts';
import { buildContent, type DiskModel, findDifference, isOn, type MachineModel, type Place } from './timeline-model.ts';

/** Layers that were found as they should be: they are looked at again when their files have changed, or something else is expected. */
export class SeenLayers {
  readonly contents = new Map<string, { readonly signature: string; readonly disk: DiskModel }>();
  readonly whole = new Map<string, string>();
}

/**
 * Holds a home to what it should be, and gives what differs, in words: the machines and their states, every timeline, the content of
 * every node and of every present that nobody writes, the health of all images, and that no file belongs to nothing.
 */
export async function findDifferences(
  home: TestHome,
  core: Core,
  models: readonly MachineModel[],
  seen: SeenLayers,
): Promise<string[]> {
  const listed = await core.handlers.machine.list({}, {});
  // Layers that are still to be merged keep the mark that says so.
  const unfinished: string[] = [];
  for (const { id } of models) {
    const timeline = await core.handlers.snapshot.list({ machine: id }, {}).catch(() => undefined);
    if (timeline !== undefined && timeline.unfinished.layers > 0) unfinished.push(`.timeline-${id}`);
  }
  const problems = [
    ...compare(
      'machines',
      listed.map(({ name, state }) => `${name} ${state}`).toSorted(),
      models.map(({ name, state }) => `${name} ${state}`).toSorted(),
    ),
    ...listLostFiles(home)
      .filter((file) => !unfinished.includes(file))
      .map((file) => `${file} belongs to nothing`),
  ];
  if (problems.length > 0) return problems;
  const images = new Set<string>();
  for (const machine of readMachines(home)) {
    const model = models.find(({ id }) => id === machine.definition.id);
    if (model === undefined) return [`machine ${machine.definition.name} has another id`];
    problems.push(...(await compareTimeline(core, model)));
    if (problems.length > 0) return problems;
    problems.push(...(await compareContents(home, machine, model, seen)));
    const written = machine.definition.disks.map(({ file }) => join(machine.folder, file));
    const isSettled = !isOn(model) && model.isPresentUnknown !== true;
    for (const image of listNamedLayers(machine).flatMap(followChain))
      if (isSettled || !written.includes(image)) images.add(image);
  }
  for (const image of images) {
    const signature = signChain(image);
    if (seen.whole.get(image) === signature) continue;
    const faults = await checkImage(image, { isInUse: true });
    if (faults.corruptions + faults.leaks === 0) seen.whole.set(image, signature);
    else problems.push(`${image}: ${JSON.stringify(faults)}`);
  }
  return problems;
}

async function compareTimeline(core: Core, model: MachineModel): Promise<string[]> {
  const timeline = await core.handlers.snapshot.list({ machine: model.id }, {});
  return [
    ...compare(
      `timeline of ${model.name}`,
      timeline.snapshots.map(({ id, name, parent, state }) => ({ id, name, parent, state })),
      model.nodes.map(({ id, name, parent, state }) => ({ id, name, parent, state })),
    ),
    ...compare(`current of ${model.name}`, timeline.current, model.current),
    ...compare(`saved memory of ${model.name}`, timeline.memory, model.state === 'suspended' ? 'saved' : 'none'),
  ];
}

async function compareContents(home: TestHome, machine: MachineOnDisk, model: MachineModel, seen: SeenLayers): Promise<string[]> {
  const problems: string[] = [];
  const look = async (what: string, files: readonly string[], place: Place): Promise<void> => {
    for (const [index, disk] of place.disks.entries()) {
      const layer = join(machine.folder, files[index] ?? '');
      const signature = signChain(layer);
      const before = seen.contents.get(layer);
      if (before?.signature === signature && before.disk === disk) continue;
      const found = await readDiskContent(layer, home.scratch);
      const difference = findDifference(found, buildContent(disk, index === 0 ? bootSector : undefined));
      if (difference === undefined) seen.contents.set(layer, { signature, disk });
      else problems.push(`${model.name}, ${what}, disk ${index} (${files[index]}): ${difference}`);
    }
  };
  const { disks, timeline } = machine.definition;
  for (const node of model.nodes) {
    const layers = timeline.snapshots.find(({ id }) => id === node.id)?.layers ?? [];
    await look(
      `snapshot ${node.name}`,
      layers.map(({ file }) => file),
      node.place,
    );
  }
  if (!isOn(model) && model.isPresentUnknown !== true)
    await look(
      'present',
      disks.map(({ file }) => file),
      model.present,
    );
  return problems;
}

function compare(what: string, found: unknown, expected: unknown): string[] {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  return one === other ? [] : [`${what}: ${one} instead of ${other}`];
}
