import type { Duplex, Readable, Writable } from 'node:stream';
import type { Handlers } from './handlers.ts';

/** The parts of the host a core is given; tests swap them, faces pass the real ones. */
export interface CorePorts {
  /** Environment variables: `BOTHY_HOME`, `XDG_*`, `HOME`, `PATH`, `BOTHY_QEMU`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The KVM device node, `/dev/kvm` unless a test says otherwise. */
  readonly kvmDevice?: string;
  /** Has a template warmed again in the background; a face that stays does that itself, as a task, when this is left out. */
  readonly rewarm?: (templateId: string) => void;
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

/** A command in a guest, as it is asked for. */
export interface GuestCommand {
  readonly argv: readonly [string, ...string[]];
  /** Set beside what the guest's agent has; entries are `NAME=value`. */
  readonly env?: readonly string[] | undefined;
  /** Absolute, in the guest. */
  readonly workdir?: string | undefined;
  /** Whether `stdin` is written to; else the command reads nothing. */
  readonly hasInput?: boolean | undefined;
  /** A terminal of this size for the command, whose output is then all on `stdout`. */
  readonly terminal?: { readonly columns: number; readonly rows: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A command that runs in a guest. Whoever opened it reads both outputs to their end. */
export interface GuestProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * The command's own exit code, 128 and more for a signal, once both outputs have ended. Rejects with `agent-missing`,
   * `timed-out` or `wrong-state` when the agent or the machine went away, `cancelled` after the signal.
   */
  readonly exitCode: Promise<number>;
  resize(columns: number, rows: number): void;
  /** Ends the command and all it started: asked first, killed a moment later. */
  end(): Promise<void>;
}

/** Commands in guests, through their agent. */
export interface Guests {
  /** Starts a command in a machine, named as in the contract. Throws `wrong-state`, `agent-missing`, `invalid-input`, `timed-out`. */
  start(machine: string, command: GuestCommand): Promise<GuestProcess>;
}

/** Everything that knows about machines, composed once per process. */
export interface Core {
  readonly handlers: Handlers;
  readonly consoles: Consoles;
  readonly guests: Guests;
  /** Keeps clones ready of the templates that want it, until `close`: for faces that stay. */
  keepReady(): void;
  /** Resolves when no task runs any more. */
  whenIdle(): Promise<void>;
  /** Stops watching and ends running tasks; machines go on. */
  close(): Promise<void>;
}
