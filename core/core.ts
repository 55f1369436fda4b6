import type { Duplex } from 'node:stream';
import type { Handlers } from './handlers.ts';

/** The parts of the host a core is given; tests swap them, faces pass the real ones. */
export interface CorePorts {
  /** Environment variables: `BOTHY_HOME`, `XDG_*`, `HOME`, `PATH`, `BOTHY_QEMU`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The KVM device node, `/dev/kvm` unless a test says otherwise. */
  readonly kvmDevice?: string;
}

export type ConsoleKind = 'vnc' | 'serial';

/** Byte streams to a running machine's screen and serial line. */
export interface Consoles {
  /**
   * Opens a console of a machine, named as in the contract. A VNC stream is raw RFB; a serial stream first gives what the
   * line printed lately, then follows it, also across restarts of the machine. Throws `not-found`, `wrong-state` (VNC only).
   */
  open(machine: string, kind: ConsoleKind): Promise<Duplex>;
  /** Opens what a ticket from `console.ticket` stands for. A ticket is good once, for 30 s. Throws `not-found`. */
  redeem(ticket: string): Promise<Duplex>;
}

/** Everything that knows about machines, composed once per process. */
export interface Core {
  readonly handlers: Handlers;
  readonly consoles: Consoles;
  /** Resolves when no task runs any more. */
  whenIdle(): Promise<void>;
  /** Stops watching and ends running tasks; machines go on. */
  close(): Promise<void>;
}
