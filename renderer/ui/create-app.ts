import type { Client } from '../client/client.ts';
import { createActivityStore } from '../state/activity-store.ts';
import { createHostStore } from '../state/host-store.ts';
import { createImageActions } from '../state/image-actions.ts';
import { createImageStore } from '../state/image-store.ts';
import { createMachineActions } from '../state/machine-actions.ts';
import { createMachineStore } from '../state/machine-store.ts';
import { createMatrixActions } from '../state/matrix-actions.ts';
import { createMatrixStore } from '../state/matrix-store.ts';
import { createPreferenceStore } from '../state/preference-store.ts';
import { parseHash } from '../state/route.ts';
import { createSnapshotActions } from '../state/snapshot-actions.ts';
import { createSnapshotStore } from '../state/snapshot-store.ts';
import { createTaskStore } from '../state/task-store.ts';
import { createTemplateActions } from '../state/template-actions.ts';
import { createTemplateStore } from '../state/template-store.ts';
import { createThrowawayActions } from '../state/throwaway-actions.ts';
import type { Stores } from '../state/watch-core.ts';
import { createWindowStore } from '../state/window-store.ts';
import type { App } from './app-context.tsx';
import { showErrorToast, showToast } from './show-toast.ts';

/** Composes the window's parts around a client. */
export function createApp(client: Client): App {
  const stores: Stores = {
    machines: createMachineStore(),
    tasks: createTaskStore(),
    activity: createActivityStore(),
    snapshots: createSnapshotStore(),
    images: createImageStore(),
    templates: createTemplateStore(),
    matrix: createMatrixStore(),
    preferences: createPreferenceStore(window.localStorage),
    host: createHostStore(),
    window: createWindowStore(parseHash(window.location.hash)),
  };
  return {
    client,
    stores,
    actions: createMachineActions(client, stores, showErrorToast),
    snapshotActions: createSnapshotActions(client, stores, showToast),
    imageActions: createImageActions(client, stores.images),
    templateActions: createTemplateActions(client, stores.templates),
    throwawayActions: createThrowawayActions(client, stores, {
      tell: showToast,
      go: (hash) => {
        window.location.hash = hash;
      },
    }),
    matrixActions: createMatrixActions(client, stores.matrix),
  };
}
