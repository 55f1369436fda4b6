import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AppErrorData } from '../../contract/app-error.ts';
import type { ConnectionStatus } from '../client/watch.ts';
import type { MachineFilter } from './filter-machines.ts';
import type { Route } from './route.ts';

/** A dialog that any place of the window may ask for. */
export type DialogRequest =
  | { kind: 'create'; isoPath?: string; template?: string }
  | { kind: 'import'; path?: string }
  | { kind: 'delete'; id: string }
  | { kind: 'force-off'; id: string }
  | { kind: 'reset'; id: string }
  | { kind: 'detach'; id: string }
  /** A new machine from a machine's present, or from one of its snapshots. */
  | { kind: 'clone'; id: string; snapshot?: string }
  /** A machine's present, or first of all one of its snapshots. */
  | { kind: 'export'; id: string; snapshot?: string }
  | { kind: 'take-snapshot'; id: string }
  | { kind: MomentDialogKind; id: string }
  /** About one template, by its id. */
  | { kind: TemplateDialogKind; template: string }
  /** What a template is, and which machine to make the first one of. */
  | { kind: 'first-template' }
  | { kind: SnapshotDialogKind; id: string; snapshot: string }
  /** About one image of the list, by its file. */
  | { kind: ImageDialogKind; file: string }
  | { kind: 'new-image' }
  | { kind: 'convert-file' }
  /** All that nothing needs. */
  | { kind: 'delete-spare' };

/** The dialogs about one image. */
export type ImageDialogKind = 'image-info' | 'grow-image' | 'convert-image' | 'check-image' | 'compact-image' | 'delete-image';

/** The dialogs that go on from the moment a machine is in. */
export type MomentDialogKind = 'make-template' | 'fork' | 'keep' | 'throw-away';

/** The dialogs about one template. */
export type TemplateDialogKind =
  | 'warm-template'
  | 'cool-template'
  | 'edit-template'
  | 'ready-template'
  | 'check-template'
  | 'delete-template';

/** The dialogs about one snapshot. */
export type SnapshotDialogKind = 'restore' | 'edit-snapshot' | 'delete-snapshot';

/** What was asked of a machine and did not work. */
export interface Failure {
  readonly title: string;
  readonly error: AppErrorData;
}

/** What the window shows, apart from the machines themselves. */
export interface WindowState {
  readonly route: Route;
  readonly dialog: DialogRequest | null;
  readonly filter: MachineFilter;
  readonly connection: ConnectionStatus;
  /** Why it is lost, when that is known. */
  readonly lostReason: AppErrorData | null;
  /** False until it was connected once: the first wait is not a loss. */
  readonly wasConnected: boolean;
  /** The last thing that failed, by machine, until it is put away or something succeeds. */
  readonly failures: ReadonlyMap<string, Failure>;
  /** Changes under way, by machine: the words of what is being done. */
  readonly busy: ReadonlyMap<string, string>;
  /** The template a throwaway is being started from. */
  readonly startingThrowaway: string | null;
  /** Where a person was when a throwaway was started, by machine: that is where they are again when it is gone. */
  readonly cameFrom: ReadonlyMap<string, Route>;
  /** Throwaways that were ended here: that these are gone needs no word. */
  readonly thrownAway: ReadonlySet<string>;
}

export type WindowStore = StoreApi<WindowState>;

export function createWindowStore(route: Route): WindowStore {
  return createStore(() => ({
    route,
    dialog: null,
    filter: { text: '', tags: [] },
    connection: 'connecting',
    lostReason: null,
    wasConnected: false,
    failures: new Map(),
    busy: new Map(),
    startingThrowaway: null,
    cameFrom: new Map(),
    thrownAway: new Set(),
  }));
}

/** The state after news about the connection. */
export function applyConnection(
  state: WindowState,
  connection: ConnectionStatus,
  lostReason: AppErrorData | null = null,
): WindowState {
  return { ...state, connection, lostReason, wasConnected: state.wasConnected || connection === 'connected' };
}

/** The state after a machine's change began (`words`) or ended (null). */
export function applyBusy(state: WindowState, id: string, words: string | null): WindowState {
  const busy = new Map(state.busy);
  if (words === null) busy.delete(id);
  else busy.set(id, words);
  return { ...state, busy };
}

/** The state after something failed on a machine (or null: it succeeded, or the failure was put away). */
export function applyFailure(state: WindowState, id: string, failure: Failure | null): WindowState {
  if (failure === null && !state.failures.has(id)) return state;
  const failures = new Map(state.failures);
  if (failure === null) failures.delete(id);
  else failures.set(id, failure);
  return { ...state, failures };
}
