import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineStore } from '../machine/machine-store.ts';
import { timelineMarkPrefix } from '../storage/file-names.ts';

/** What the mark of a change tells whoever cleans up, should the one who made it die. */
export interface Note {
  /** The guest stands still only for this change, and is to go on. */
  readonly isGuestStopped: boolean;
  /** Machines whose layers may be merged once this one builds on them no more. */
  readonly bases: readonly string[];
  /** Something that built on this machine is gone; somebody has to look whether layers can be merged. */
  readonly isCollectionWanted: boolean;
}

export function markPath(store: MachineStore, id: string): string {
  return join(store.homes.machines, `${timelineMarkPrefix}${id}`);
}

/** An empty note for a mark that is gone, or was only half written. */
export function readNote(mark: string): Note {
  const nothing: Note = { isGuestStopped: false, bases: [], isCollectionWanted: false };
  try {
    return { ...nothing, ...(JSON.parse(readFileSync(mark, 'utf8')) as Partial<Note>) };
  } catch {
    return nothing;
  }
}

/** Makes the mark if it is not there yet. */
export function writeNote(mark: string, changed: Partial<Note>): void {
  writeFileSync(mark, JSON.stringify({ ...readNote(mark), ...changed }), { mode: 0o600 });
}

/** A guest that somebody pauses while it stands still for a change is not to go on after that. The caller holds the machine's lock. */
export function noteStaysPaused(store: MachineStore, id: string): void {
  const mark = markPath(store, id);
  if (readNote(mark).isGuestStopped) writeNote(mark, { isGuestStopped: false });
}

/** Has somebody look at these machines' layers: what was built on them is gone, so some may be merged now. */
export function markForCollection(store: MachineStore, ids: readonly string[]): void {
  for (const id of ids) writeNote(markPath(store, id), { isCollectionWanted: true });
}

/** The machines that carry a mark, out of the names in the machines folder. */
export function listMarked(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith(timelineMarkPrefix)).map((name) => name.slice(timelineMarkPrefix.length));
}
