import type { AppErrorData } from './app-error.ts';

/** What the preload script gives the page in Electron as `window.bothy`. The page gets verbs, never the wire. */
export interface WindowBridge {
  readonly kind: 'electron';
  /**
   * Asks for a port that carries the contract. It arrives as a `message` event of the page's own window whose data is a
   * `PortDelivery` with this request id. Gives what went wrong, or null.
   */
  connect(requestId: string): Promise<AppErrorData | null>;
  /** Asks for a port that carries the bytes of the console this ticket stands for; it arrives the same way. */
  openConsole(ticket: string, requestId: string): Promise<AppErrorData | null>;
}

/** The names under which the preload script and the main process talk. */
export const windowChannels = { connect: 'bothy:connect', openConsole: 'bothy:open-console', port: 'bothy:port' } as const;

/** The data of the event that hands the page its port; the port is `event.ports[0]`. */
export interface PortDelivery {
  readonly bothyPort: string;
}

/**
 * What travels over a console's port, both ways. Each side keeps count of bytes the other did not acknowledge and sends
 * no more than `consoleWindowBytes` ahead; a page that stops reading stops the machine's output instead of filling memory.
 */
export type ConsolePortMessage = Uint8Array | { readonly acknowledged: number } | { readonly closed: string };

/** How far a sender may be ahead of its reader on a console's port. */
export const consoleWindowBytes = 1024 * 1024;
