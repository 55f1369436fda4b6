import type { Environment } from '../host/find-program.ts';
import type { Host } from '../host/host.ts';
import type { Locks } from '../storage/lock.ts';
import type { MachineStore } from './machine-store.ts';

/** What every operation on machines needs, composed once per core. */
export interface Site {
  readonly store: MachineStore;
  readonly locks: Locks;
  readonly host: Host;
  /** For the tools that are run. */
  readonly environment: Environment;
  /** Has a template warmed again in the background; whoever asks does not wait for it (core/template/rewarm.ts). */
  readonly rewarm: (templateId: string) => void;
}
