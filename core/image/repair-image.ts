import { existsSync, linkSync, mkdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import type { CheckResult, ImageFinding } from '../../contract/image.ts';
import { recordActivity } from '../machine/activity.ts';
import type { Site } from '../machine/site.ts';
import { runTool } from '../process/run-tool.ts';
import { checkFreeSpace } from '../storage/check-free-space.ts';
import { keptFolder } from '../storage/file-names.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import type { TaskContext } from '../task/task-list.ts';
import { checkNotRunning, type HeldImage } from './held-image.ts';
import { lockUsers } from './lock-users.ts';
import { createQemuImg, type QemuImg } from './qemu-img.ts';
import { readLayer } from './read-layer.ts';
import { openWorkshop, placeImage } from './workshop.ts';

/** Repairs what a check found in a held image. Null when there was nothing to repair. */
export async function repairImage(
  site: Site,
  image: HeldImage,
  finding: ImageFinding,
  repair: 'leaks' | 'all',
  task: TaskContext,
): Promise<CheckResult['repaired']> {
  if (finding.status !== 'leaks' && finding.status !== 'corrupt') return null;
  await checkNotRunning(site, image, 'repaired');
  const { file, layer } = image;
  if (layer.format !== 'qcow2') {
    throw new AppError('invalid-input', `A ${layer.format} image cannot be repaired: ${file}`, {
      hint: 'Convert it to qcow2: what can still be read goes with it.',
    });
  }
  const qemuImg = createQemuImg(site.host, site.environment);
  task.progress(null, 'Repairing');
  if (finding.status === 'leaks') {
    const counts = await qemuImg.check(file, layer.format, { repair: 'leaks', signal: task.signal });
    return { corruptions: 0, leaks: counts?.leaksFixed ?? 0, original: null };
  }
  if (repair === 'leaks') {
    throw new AppError('image-invalid', `${file} is corrupt, so giving back its leaks could destroy data.`, {
      hint: 'Repair all of it with --repair all: that works on a copy and keeps the original.',
    });
  }
  return repairCopy(site, image, qemuImg, task);
}

async function repairCopy(site: Site, image: HeldImage, qemuImg: QemuImg, task: TaskContext): Promise<CheckResult['repaired']> {
  const { file, lockId, place } = image;
  checkFreeSpace(dirname(file), image.layer.actualSize, `Repairing a copy of ${file}`);
  const workshop = openWorkshop(site.store.homes, file, place.kind === 'outside' ? null : lockId);
  try {
    task.progress(null, 'Copying the image');
    await copyFile(site, file, workshop.file, task.signal);
    task.progress(null, 'Repairing the copy');
    const options = { repair: 'all', signal: task.signal } as const;
    const first = await qemuImg.check(workshop.file, 'qcow2', options);
    // The first round mends the tables; only one that finds nothing more takes away the mark.
    await qemuImg.check(workshop.file, 'qcow2', options);
    const left = await qemuImg.check(workshop.file, 'qcow2', { signal: task.signal });
    const isWhole = left !== undefined && left.corruptions + left.checkErrors === 0;
    if (!isWhole || readLayer(workshop.file, 'qcow2').qcow2?.isCorrupt === true) {
      throw new AppError('image-invalid', `${file} could not be repaired; it is as it was.`, {
        hint: 'Restore a snapshot or a copy. What can still be read may be copied with: bothy image convert',
      });
    }
    const original = await lockUsers(site, image, 'repair', task.signal, async () => {
      const kept = keepOriginal(site, image);
      await placeImage(workshop, { mayReplace: true });
      return kept;
    });
    if (image.machine !== null) {
      recordActivity(image.machine.stored.folder, 'REPAIR', `A damaged disk image was repaired; the original is ${original}`);
      site.store.announce(image.machine.stored.id);
    }
    return { corruptions: first?.corruptionsFixed ?? 0, leaks: first?.leaksFixed ?? 0, original };
  } finally {
    workshop.dispose();
  }
}

/** Shares the blocks where the file system can, and keeps the holes. */
async function copyFile(site: Site, from: string, to: string, signal: AbortSignal): Promise<void> {
  const argv = ['cp', '--reflink=auto', '--sparse=always', '--', from, to] as const;
  const result = await runTool(argv, { environment: site.environment, signal, timeoutMs: 24 * 3600 * 1000 });
  if (result.exitCode === 0) return;
  const isFull = /No space left on device|Disk quota exceeded/.test(result.stderr);
  throw new AppError(isFull ? 'not-enough-space' : 'tool-failed', `${from} could not be copied.`, {
    hint: isFull ? 'Make room and try again.' : undefined,
    details: result.stderr,
  });
}

/**
 * Gives the damaged file a second name, so that there is always one under the first: beside it, or for a machine's in the
 * kept folder, where it does not vanish with the machine.
 */
function keepOriginal(site: Site, { file, place }: HeldImage): string {
  const { machine, folder } =
    place.kind === 'machine'
      ? {
          machine: place.machine,
          folder: join(site.store.homes.data, keptFolder, `${place.machine.name}-${place.machine.id}-damaged`),
        }
      : { machine: null, folder: dirname(file) };
  if (machine !== null) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ending = extname(file);
  for (let number = 1; ; number += 1) {
    const name = `${basename(file, ending)}.damaged${number === 1 ? '' : `-${number}`}${ending}`;
    const path = join(folder, name);
    if (existsSync(path)) continue;
    linkSync(file, path);
    syncFolder(folder);
    return path;
  }
}
