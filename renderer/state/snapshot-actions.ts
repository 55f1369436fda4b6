import { errorToData } from '../../contract/app-error.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import type { DeletePlan } from '../../contract/snapshot.ts';
import type { Client } from '../client/client.ts';
import { describePause } from './describe-pause.ts';
import { applyMachineEvent } from './machine-store.ts';
import { applyThumbnail, applyTimeline, applyTimelineError } from './snapshot-store.ts';
import type { Stores } from './watch-core.ts';
import { applyBusy, applyFailure } from './window-store.ts';

type Named = Pick<MachineSummary, 'id' | 'name'>;

/** What a restore does with the present; `as` names the snapshot that keeps it. */
export type PresentChoice = { present: 'keep'; as: string } | { present: 'discard' };

/** Changes of a timeline; what they throw is for the dialog that asked. */
export interface SnapshotActions {
  /** Reads a timeline anew; asked while one read is under way, it makes one more. */
  refresh(machine: string): Promise<void>;
  /** Reads a snapshot's picture, once. */
  loadThumbnail(machine: string, snapshot: string): Promise<void>;
  take(machine: Named, values: { name: string; note: string }): Promise<void>;
  /** Without a choice when nothing would be lost. */
  restore(machine: Named, snapshot: string, choice: PresentChoice | null): Promise<void>;
  remove(machine: string, snapshot: string, descendants: boolean): Promise<DeletePlan>;
  edit(machine: string, snapshot: string, values: { name: string; note: string }): Promise<void>;
}

/** Binds the actions to a client; `tell` reports what went well. */
export function createSnapshotActions(
  client: Client,
  stores: Stores,
  tell: (toast: { title: string; message: string }) => void,
): SnapshotActions {
  const { snapshots, machines, window } = stores;
  const reads = new Map<string, { isAskedAgain: boolean; done: Promise<void> }>();
  const pictures = new Set<string>();

  const read = async (machine: string): Promise<void> => {
    try {
      const info = await client.call.snapshot.list({ machine });
      snapshots.setState((state) => applyTimeline(state, machine, info), true);
    } catch (error) {
      snapshots.setState((state) => applyTimelineError(state, machine, errorToData(error)), true);
    }
  };
  const refresh = (machine: string): Promise<void> => {
    const running = reads.get(machine);
    if (running !== undefined) {
      running.isAskedAgain = true;
      return running.done;
    }
    const turn = { isAskedAgain: false, done: Promise.resolve() };
    reads.set(machine, turn);
    turn.done = (async () => {
      do {
        turn.isAskedAgain = false;
        await read(machine);
      } while (turn.isAskedAgain);
      reads.delete(machine);
    })();
    return turn.done;
  };
  /** Does something to a timeline while the machine is shown as busy, and reads it anew, however it went. */
  const change = async <T>(machine: string, words: string | null, work: () => Promise<T>): Promise<T> => {
    const setBusy = (now: string | null) => window.setState((state) => applyBusy(state, machine, now), true);
    if (words !== null) setBusy(words);
    try {
      return await work();
    } finally {
      if (words !== null) setBusy(null);
      void refresh(machine);
    }
  };

  return {
    refresh,
    async loadThumbnail(machine, snapshot) {
      const key = `${machine}/${snapshot}`;
      if (pictures.has(key)) return;
      pictures.add(key);
      try {
        const { pngBase64 } = await client.call.snapshot.thumbnail({ machine, snapshot });
        snapshots.setState((state) => applyThumbnail(state, key, pngBase64), true);
      } catch {
        // The placeholder stays; the next look at this row asks again.
        pictures.delete(key);
      }
    },
    take: ({ id, name: machineName }, { name, note }) =>
      change(id, 'Taking a snapshot', async () => {
        const made = await client.call.snapshot.create({ machine: id, name, note });
        tell({ title: `“${made.snapshot.name}” of ${machineName} is taken`, message: describePause(made) });
      }),
    restore: ({ id, name }, snapshot, choice) =>
      change(id, 'Restoring', async () => {
        const present =
          choice === null
            ? {}
            : choice.present === 'keep'
              ? { present: choice.present, keepAs: choice.as }
              : { present: choice.present };
        const machine = await client.call.snapshot.restore({ machine: id, snapshot, ...present });
        machines.setState((state) => applyMachineEvent(state, { type: 'machine', sequence: 0, machine }), true);
        window.setState((state) => applyFailure(state, id, null), true);
        const kept = choice?.present === 'keep' ? ` What was before is kept as “${choice.as}”.` : '';
        tell({ title: `${name} is restored`, message: `It is ${machine.state} now.${kept}` });
      }),
    remove: (machine, snapshot, descendants) =>
      change(machine, null, () => client.call.snapshot.delete({ machine, snapshot, descendants })),
    edit: (machine, snapshot, { name, note }) =>
      change(machine, null, async () => {
        const info = await client.call.snapshot.edit({ machine, snapshot, name, note });
        snapshots.setState((state) => applyTimeline(state, machine, info), true);
      }),
  };
}
