import { existsSync, rmSync } from 'node:fs';
import type { MachineDefinition } from '../../contract/machine.ts';
import { changeMachine } from '../machine/change-machine.ts';
import { diskLockName, lockDisks } from '../machine/disk-lock.ts';
import { getById, getDefinition, getMachine } from '../machine/find-machine.ts';
import type { StoredMachine } from '../machine/machine-store.ts';
import type { ObservedMachine } from '../machine/observe-machine.ts';
import type { Site } from '../machine/site.ts';
import { explainFileError } from '../storage/explain-file-error.ts';
import { markPath, type Note, readNote, writeNote } from './timeline-mark.ts';

/** One change of a timeline while it is made. */
export interface TimelineChange {
  readonly site: Site;
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  readonly progress: (fraction: number | null, step: string) => void;
  /** How long QEMU may take to end what somebody began who died. */
  readonly patienceMs: number;
  /** Runs with the machine's own lock, on the machine as it is then. */
  withMachine<T>(act: (machine: ObservedMachine, definition: MachineDefinition) => Promise<T>): Promise<T>;
  /** Rewrites `machine.json` as it is at that moment; the caller may hold the machine's lock by `withMachine`, or not. */
  commit(update: (definition: MachineDefinition) => MachineDefinition): Promise<void>;
  /** What the mark tells whoever cleans up should this process die. */
  readonly note: Note;
  writeNote(changed: Partial<Note>): void;
}

export interface TimelineOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((fraction: number | null, step: string) => void) | undefined;
}

/**
 * Changes the timeline of a machine. Two locks keep others away: the lock on its disks from beginning to end, and the
 * machine's own only for moments, so that a machine can be paused or shut down while its layers are merged. Whoever starts
 * a machine needs both. A template is changed by who found it as one. A mark beside the machine tells of a change that was not finished, for whoever looks next.
 */
export async function changeTimeline<T>(
  site: Site,
  reference: string | StoredMachine,
  operation: string,
  options: TimelineOptions,
  act: (change: TimelineChange) => Promise<T>,
): Promise<T> {
  const { id, name } = typeof reference === 'string' ? getMachine(site.store, reference) : reference;
  const lock = await lockDisks(site, { id, name }, operation, options.signal);
  const mark = markPath(site.store, id);
  const change = createChange(site, { id, name }, operation, options);
  try {
    // Somebody was killed here: first what that left is put in order.
    if (existsSync(mark)) await recover(change);
    getDefinition(getById(site.store, id));
    const wasUnfinished = existsSync(mark);
    change.writeNote({ isGuestStopped: false });
    try {
      const result = await act(change);
      // What was to be done is done; the mark stays when cleaning up fails.
      if (wasUnfinished || change.note.isCollectionWanted) await recover(change).catch(() => {});
      else rmSync(mark, { force: true });
      return result;
    } catch (error) {
      await recover(change).catch(() => {});
      throw error;
    }
  } catch (error) {
    throw explainFileError(error, `“${name}” was not changed (${operation})`);
  } finally {
    await lock.release();
    site.store.announce(id);
  }
}

/** Cleans up after a change whose process died, unless somebody is at work; tells whether layers remain to be merged. */
export async function recoverTimeline(site: Site, id: string): Promise<'clean' | 'unfinished' | 'busy'> {
  if (!existsSync(markPath(site.store, id))) return 'clean';
  const lock = await site.locks.tryAcquire(diskLockName(id), 'clean up');
  if (lock === undefined) return 'busy';
  try {
    const stored = site.store.find(id);
    const mark = markPath(site.store, id);
    if (stored === undefined) rmSync(mark, { force: true });
    if (stored?.definition == null || !existsSync(mark)) return 'clean';
    await recover(createChange(site, stored, cleanUp, {}));
    return existsSync(mark) ? 'unfinished' : 'clean';
  } finally {
    await lock.release();
  }
}

/** What a look does by the way must not hold it up. */
const cleanUp = 'clean up';

/** Quick work only; the mark stays while there is long work left. */
async function recover(change: TimelineChange): Promise<void> {
  const { repairTimeline } = await import('./repair-timeline.ts');
  const { isFinished } = await repairTimeline(change);
  if (isFinished) rmSync(markPath(change.site.store, change.id), { force: true });
}

function createChange(
  site: Site,
  { id, name }: Pick<StoredMachine, 'id' | 'name'>,
  operation: string,
  { signal, progress }: TimelineOptions,
): TimelineChange {
  let isHeld = false;
  const mark = markPath(site.store, id);
  const change: TimelineChange = {
    site,
    id,
    name,
    folder: site.store.folderOf(id),
    operation,
    signal,
    progress: progress ?? (() => {}),
    patienceMs: operation === cleanUp ? 200 : 30_000,
    withMachine: (act) => {
      if (isHeld) throw new Error('the lock of the machine is held already');
      return changeMachine(site, getById(site.store, id), operation, signal, async (machine) => {
        isHeld = true;
        try {
          return await act(machine, getDefinition(machine.stored));
        } finally {
          isHeld = false;
        }
      });
    },
    commit: async (update) => {
      const write = async (): Promise<void> => site.store.write(update(getDefinition(getById(site.store, id))));
      await (isHeld ? write() : changeMachine(site, getById(site.store, id), operation, undefined, write));
    },
    get note() {
      return readNote(mark);
    },
    writeNote: (changed) => writeNote(mark, changed),
  };
  return change;
}
