import type { Client } from '../client/client.ts';
import { type ActivityStore, applyActivityEvent } from './activity-store.ts';
import type { HostStore } from './host-store.ts';
import type { ImageStore } from './image-store.ts';
import { applyMachineEvent, type MachineStore } from './machine-store.ts';
import type { MatrixStore } from './matrix-store.ts';
import type { PreferenceStore } from './preference-store.ts';
import { applySnapshotEvent, type SnapshotStore } from './snapshot-store.ts';
import { applyTaskEvent, type TaskStore } from './task-store.ts';
import { type TemplateStore, touchesTemplates } from './template-store.ts';
import { applyConnection, type WindowStore } from './window-store.ts';

export interface Stores {
  readonly machines: MachineStore;
  readonly tasks: TaskStore;
  readonly activity: ActivityStore;
  readonly snapshots: SnapshotStore;
  readonly images: ImageStore;
  readonly templates: TemplateStore;
  readonly matrix: MatrixStore;
  readonly preferences: PreferenceStore;
  readonly host: HostStore;
  readonly window: WindowStore;
}

/** Keeps the stores in step with the core until the returned function is called; `readTemplates` is asked for when they may differ. */
export function watchCore(
  client: Client,
  { machines, tasks, activity, snapshots, host, window }: Stores,
  readTemplates: () => Promise<void>,
): () => void {
  return client.watch(
    (event) => {
      if (touchesTemplates(event, machines.getState())) void readTemplates();
      machines.setState((state) => applyMachineEvent(state, event), true);
      tasks.setState((state) => applyTaskEvent(state, event), true);
      activity.setState((state) => applyActivityEvent(state, event), true);
      snapshots.setState((state) => applySnapshotEvent(state, event), true);
    },
    (status, reason) => {
      window.setState((state) => applyConnection(state, status, reason?.toData() ?? null), true);
      if (status !== 'connected') return;
      client.call.host.facts({}).then(
        (facts) => host.setState({ facts }),
        () => undefined, // The host page asks again and shows what is wrong.
      );
    },
  );
}
