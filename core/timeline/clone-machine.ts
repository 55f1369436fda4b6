import { checkName } from '../create/check-settings.ts';
import { recordActivity } from '../machine/activity.ts';
import { checkFree } from '../machine/claim-name.ts';
import type { TimelineChange } from './change-timeline.ts';
import { tidy } from './collect.ts';
import { findSnapshotSource, holdPresent } from './copy-source.ts';
import { buildCopy, placeCopy } from './place-copy.ts';
import { checkDisksCanBranch } from './preflight-snapshot.ts';

export interface CloneWish {
  readonly name: string;
  /** The snapshot to start from; the present when left out. */
  readonly snapshot?: string | undefined;
  readonly full?: boolean | undefined;
}

/**
 * Makes a new machine of the present or of a snapshot: a linked clone writes to overlays of its own and reads the rest from
 * the original, a full one has a copy. It gets its own id, UUID, MAC address and name, and no port forwards, which two machines cannot share. Gives its id.
 */
export async function cloneMachine(change: TimelineChange, wish: CloneWish): Promise<string> {
  const { site } = change;
  checkName(wish.name);
  checkFree(site, wish.name, '');
  const definition = await change.withMachine(async (_machine, found) => found);
  checkDisksCanBranch(definition);
  const source = await (wish.snapshot === undefined
    ? holdPresent(change)
    : findSnapshotSource(change, definition, wish.snapshot, false));
  // A throwaway takes its disks with it.
  const isFull = wish.full === true || definition.throwaway !== null;
  try {
    const machine = buildCopy(source.configuration, wish.name);
    await placeCopy(change, source, { machine, isFull });
    recordActivity(site.store.folderOf(machine.id), 'CREATE', `Cloned from “${change.name}”`);
    return machine.id;
  } finally {
    // A full clone needs nothing of the original, which then gets its layers back in one piece.
    await tidy(change, { merge: isFull && wish.snapshot === undefined });
  }
}
