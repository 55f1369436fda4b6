import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { ImageFormat, ImageResult } from '../../contract/image.ts';
import { recordActivity } from '../machine/activity.ts';
import { changeMachine, requireState } from '../machine/change-machine.ts';
import { getDefinition } from '../machine/find-machine.ts';
import type { Site } from '../machine/site.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { machineFile } from '../storage/file-names.ts';
import type { TaskContext } from '../task/task-list.ts';
import { buildLayerFile, makeGeneration } from '../timeline/layer-names.ts';
import { clearLeftovers } from './clear-leftovers.ts';
import { findPresentDisk, type HeldImage, holdImage } from './held-image.ts';
import { createQemuImg } from './qemu-img.ts';
import { readLayer } from './read-layer.ts';
import { openWorkshop, placeImage } from './workshop.ts';

/**
 * Makes a machine's raw disk a qcow2 one in its place, which can have snapshots. The machine's definition is switched with
 * one rename when the new file is there; the old one is removed after that.
 */
export function convertDisk(
  site: Site,
  reference: string,
  format: ImageFormat | undefined,
  task: TaskContext,
): Promise<ImageResult> {
  if (format !== undefined && format !== 'qcow2') throw buildTargetError(reference);
  return holdImage(site, reference, 'convert disk', task.signal, async (image) => {
    const { machine } = image;
    const present = findPresentDisk(image);
    if (machine === null || present === undefined) throw buildTargetError(reference);
    const { definition, disk } = present;
    const { stored } = machine;
    if (disk.format === 'qcow2') {
      throw new AppError('invalid-input', `${disk.id} of “${stored.name}” is a qcow2 image already.`, {
        hint: 'To copy it, name the file to make.',
      });
    }
    if (definition.timeline.memory !== null) {
      throw new AppError('wrong-state', `${disk.id} of “${stored.name}” cannot be converted: the machine is suspended.`, {
        hint: 'Start it and shut it down first.',
      });
    }
    requireState(machine, machine.process === undefined ? ['off', 'crashed'] : [], 'given a converted disk');
    const name = chooseName(stored.folder, disk.id);
    const file = join(stored.folder, name);
    await makeCopy(site, image, file, task, () =>
      changeMachine(site, stored.id, 'convert disk', task.signal, async (now) => {
        const before = getDefinition(now.stored);
        const disks = before.disks.map((one) => (one.id === disk.id ? { ...one, file: name, format: 'qcow2' as const } : one));
        site.store.write({ ...before, disks });
      }),
    );
    recordActivity(stored.folder, 'CONVERT', `Disk ${disk.id} is qcow2 now`);
    const { virtualSize, actualSize } = readLayer(file, 'qcow2');
    return { file, format: 'qcow2', virtualSize: virtualSize ?? 0, actualSize, notices: [] };
  });
}

/** Makes the new file and lets `commit` switch to it; afterwards, whatever happened, the one that is not reached is removed. */
async function makeCopy(
  site: Site,
  { file, lockId }: HeldImage,
  target: string,
  task: TaskContext,
  commit: () => Promise<void>,
): Promise<void> {
  const qemuImg = createQemuImg(site.host, site.environment);
  task.progress(0, 'Looking at the disk');
  const needed = await qemuImg.measure(file, 'raw', { signal: task.signal });
  checkFreeSpace(dirname(target), needed, `Converting ${file}`);
  const workshop = openWorkshop(site.store.homes, target, lockId);
  try {
    const report = (fraction: number | null): void => task.progress(fraction, 'Converting the disk');
    await qemuImg.convert(file, 'raw', workshop.file, report, task.signal, { format: 'qcow2', isExclusive: true });
    workshop.noteLeftovers([target, file]);
    try {
      await placeImage(workshop, { mayReplace: false });
      await commit();
    } finally {
      clearLeftovers(site.store, [target, file]);
    }
  } finally {
    workshop.dispose();
  }
}

/** `disk0.qcow2`, or the name of a further layer. */
function chooseName(folder: string, disk: string): string {
  const plain = `${machineFile.disks}/${disk}.qcow2`;
  return existsSync(join(folder, plain)) ? buildLayerFile(disk, makeGeneration()) : plain;
}

function buildTargetError(reference: string): AppError {
  return new AppError('invalid-input', `Which file ${reference} is to be converted into is not said.`, {
    hint: 'Name the file to make. Without one, a machine’s raw disk becomes qcow2 in its place.',
  });
}
