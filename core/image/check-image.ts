import { join } from 'node:path';
import type { CheckResult, ImageFinding, ImageFormat } from '../../contract/image.ts';
import { observeMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import type { TaskContext } from '../task/task-list.ts';
import { checkReferences } from './check-source-image.ts';
import { type HeldImage, holdImage, wholeFile } from './held-image.ts';
import { type ImagePlace, resolveImage } from './image-place.ts';
import { readImageTable } from './image-table.ts';
import { type CheckCounts, createQemuImg, type QemuImg } from './qemu-img.ts';
import { type ChainLink, readChain, readLink } from './read-chain.ts';
import { repairImage } from './repair-image.ts';

/** What `image.check` takes. */
export interface CheckImageInput {
  readonly image: string;
  readonly repair?: 'leaks' | 'all' | undefined;
}

/**
 * Checks an image and all it builds on. Repairing is for the image alone: `leaks` in place, `all` on a copy that then takes
 * its place, with the damaged original kept.
 */
export async function checkImage(site: Site, { image, repair }: CheckImageInput, task: TaskContext): Promise<CheckResult> {
  const qemuImg = createQemuImg(site.host, site.environment);
  task.progress(null, 'Checking');
  const place = resolveImage(site.store, image);
  const chain = findChain(site, place);
  const isInUse = await isWrittenTo(site, place);
  const findings: ImageFinding[] = [];
  for (const [index, link] of chain.entries()) {
    if (chain.length > 1) task.progress(index / chain.length, 'Checking');
    findings.push(await checkLink(qemuImg, link, isInUse && index === 0, task.signal));
  }
  const first = findings[0];
  if (repair === undefined || first === undefined) return { findings, isInUse, repaired: null };
  // Looked at again and refused where need be, now under its lock.
  const work = async (held: HeldImage): Promise<CheckResult> => {
    const repaired = await repairImage(site, held, first, repair, task);
    const now = await checkLink(qemuImg, readLink(held.file, held.layer.format), false, task.signal);
    return { findings: [now, ...findings.slice(1)], isInUse: false, repaired };
  };
  return holdImage(site, image, 'repair', task.signal, work, { mayBeCorrupt: true });
}

/** The files to be checked. One from outside is checked alone: what it names is not opened. */
function findChain(site: Site, place: ImagePlace): readonly ChainLink[] {
  if (place.kind !== 'outside') return readChain(place.file, readImageTable(site.store).get(place.file)?.format ?? null);
  const link = readLink(place.file, null);
  // The backing file of a qcow2 image can be left out; other references are followed by qemu-img.
  if (link.layer === null || link.layer.qcow2 === null || link.layer.qcow2.hasDataFile) checkReferences(wholeFile(place.file));
  return [link];
}

async function isWrittenTo(site: Site, place: ImagePlace): Promise<boolean> {
  if (place.kind !== 'machine') return false;
  const { definition, folder } = place.machine;
  const isPresent = definition?.disks.some(({ file }) => join(folder, file) === place.file) === true;
  return isPresent && (await observeMachine(site.store, site.locks, place.machine)).process !== undefined;
}

async function checkLink(
  qemuImg: QemuImg,
  { file, layer, problem }: ChainLink,
  isShared: boolean,
  signal: AbortSignal,
): Promise<ImageFinding> {
  const none = { file, format: layer?.format ?? null, corruptions: 0, leaks: 0, checkErrors: 0 };
  if (layer === null) return { ...none, status: 'unreadable', reason: problem };
  const counts = await qemuImg.check(file, layer.format, { isShared, signal });
  if (counts === undefined) {
    return { ...none, status: 'unchecked', reason: `a ${layer.format} image holds nothing that could be checked` };
  }
  const { corruptions, leaks, checkErrors } = counts;
  const status = judge(counts, layer.qcow2?.isCorrupt === true);
  return { file, format: layer.format satisfies ImageFormat, status, corruptions, leaks, checkErrors, reason: null };
}

function judge({ corruptions, leaks, checkErrors }: CheckCounts, isMarked: boolean): ImageFinding['status'] {
  if (corruptions > 0 || checkErrors > 0 || isMarked) return 'corrupt';
  return leaks > 0 ? 'leaks' : 'clean';
}
