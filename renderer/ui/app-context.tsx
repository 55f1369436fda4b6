import { createContext, type ReactNode, use } from 'react';
import { useStore } from 'zustand';
import type { Client } from '../client/client.ts';
import type { HostState } from '../state/host-store.ts';
import type { ImageActions } from '../state/image-actions.ts';
import type { MachineActions } from '../state/machine-actions.ts';
import type { MachineState } from '../state/machine-store.ts';
import type { MatrixActions } from '../state/matrix-actions.ts';
import type { PreferenceState } from '../state/preference-store.ts';
import type { SnapshotActions } from '../state/snapshot-actions.ts';
import type { TemplateActions } from '../state/template-actions.ts';
import type { TemplateState } from '../state/template-store.ts';
import type { ThrowawayActions } from '../state/throwaway-actions.ts';
import type { Stores } from '../state/watch-core.ts';
import type { DialogRequest, WindowState } from '../state/window-store.ts';

/** What every part of the window works with. */
export interface App {
  readonly client: Client;
  readonly stores: Stores;
  readonly actions: MachineActions;
  readonly snapshotActions: SnapshotActions;
  readonly imageActions: ImageActions;
  readonly templateActions: TemplateActions;
  readonly throwawayActions: ThrowawayActions;
  readonly matrixActions: MatrixActions;
}

const AppContext = createContext<App | null>(null);

/** Gives the window its app. */
export function AppProvider({ app, children }: { app: App; children: ReactNode }) {
  return <AppContext value={app}>{children}</AppContext>;
}

export function useApp(): App {
  const app = use(AppContext);
  if (app === null) throw new Error('useApp is used outside of AppProvider');
  return app;
}

export function useMachines<T>(select: (state: MachineState) => T): T {
  return useStore(useApp().stores.machines, select);
}

export function useTemplates<T>(select: (state: TemplateState) => T): T {
  return useStore(useApp().stores.templates, select);
}

export function usePreferences<T>(select: (state: PreferenceState) => T): T {
  return useStore(useApp().stores.preferences, select);
}

export function useWindow<T>(select: (state: WindowState) => T): T {
  return useStore(useApp().stores.window, select);
}

export function useHost<T>(select: (state: HostState) => T): T {
  return useStore(useApp().stores.host, select);
}

/** Opens a dialog of the window. */
export function useOpenDialog(): (dialog: DialogRequest) => void {
  const { stores } = useApp();
  return (dialog) => stores.window.setState({ dialog });
}
