import { rmdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AppError } from '../../contract/app-error.ts';
import { recordActivity } from '../machine/activity.ts';
import { lockDisks } from '../machine/disk-lock.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { formatBytes } from '../storage/format-bytes.ts';
import { syncFolder } from '../storage/write-file-atomically.ts';
import { lockFile } from './held-image.ts';
import { type ImagePlace, resolveImage } from './image-place.ts';
import { readImageTable, type TableImage } from './image-table.ts';

/** Deletes an image of Bothy's that nothing reaches: an orphan, or one kept of a deleted machine. */
export async function deleteImage(
  site: Site,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<{ file: string; freedBytes: number }> {
  const place = resolveImage(site.store, reference);
  if (place.kind === 'outside') {
    throw new AppError('invalid-input', `${place.file} is no image of Bothy's, so it is not deleted.`, {
      hint: 'Files elsewhere are yours to delete.',
    });
  }
  const { machine } = place.kind === 'machine' ? place : { machine: null };
  const lock =
    machine === null
      ? await lockFile(site, place.file, 'delete image', signal)
      : await lockDisks(site, machine, 'delete image', signal);
  try {
    const result = remove(site, place);
    if (machine !== null) {
      const text = `Image ${basename(place.file)} deleted, ${formatBytes(result.freedBytes)} freed`;
      recordActivity(machine.folder, 'DELETE_IMAGE', text);
      site.store.announce(machine.id);
    }
    return result;
  } catch (error) {
    throw explainFileError(error, `${place.file} was not deleted`);
  } finally {
    await lock.release();
  }
}

function remove(site: Site, { file, kind }: ImagePlace): { file: string; freedBytes: number } {
  const entry = readImageTable(site.store).get(file);
  if (entry === undefined)
    throw new AppError('file-not-found', `There is no image ${file}.`, { hint: 'See `bothy image list`.' });
  checkUnreached(entry);
  rmSync(file);
  syncFolder(dirname(file));
  if (kind === 'kept') removeIfEmpty(dirname(file));
  return { file, freedBytes: entry.actualSize };
}

function checkUnreached({ file, role, dependents, snapshots, usedBy, machine }: TableImage): void {
  const refuse = (why: string, hint: string): never => {
    throw new AppError('wrong-state', `${file} is not deleted: ${why}.`, { hint });
  };
  const users = usedBy.map(({ name }) => `“${name}”`).join(', ');
  if (role === 'present') refuse(`it is a disk of ${users}`, 'It goes with its machine: `bothy delete`.');
  if (snapshots.length > 0) {
    const names = snapshots.map(({ name }) => `“${name}”`).join(', ');
    refuse(`it belongs to snapshot ${names} of “${machine?.name}”`, 'It goes with its snapshot: `bothy snapshot delete`.');
  }
  if (role === 'unknown')
    refuse(`its machine ${users} is broken, and may need it`, 'Mend the machine first, or delete it whole.');
  if (role !== 'orphan' && role !== 'kept') refuse(`disks of ${users} build on it`, 'It goes when nothing needs it any more.');
  const [first] = dependents;
  if (first !== undefined) refuse(`${first} builds on it`, 'Delete that one first.');
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Other images are still in it.
  }
}
