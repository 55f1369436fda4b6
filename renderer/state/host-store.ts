import { createStore, type StoreApi } from 'zustand/vanilla';
import type { DoctorReport, HostFacts } from '../../contract/host.ts';

/** What is known of the host; null until read. */
export interface HostState {
  readonly facts: HostFacts | null;
  readonly report: DoctorReport | null;
}

export type HostStore = StoreApi<HostState>;

export function createHostStore(): HostStore {
  return createStore(() => ({ facts: null, report: null }));
}
