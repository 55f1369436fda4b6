import type { z } from 'zod';
import type { Operation } from '../../contract/operation.ts';
import type { Operations } from '../../contract/operations.ts';
import type { WatchEvent } from '../../contract/watch.ts';

type Call<Op> =
  Op extends Operation<infer I, infer O>
    ? (input: z.input<I>, options?: { signal?: AbortSignal }) => Promise<z.output<O>>
    : never;

/** One function per operation; a call that fails throws an `AppError`. */
export type Calls = {
  readonly [N in Exclude<keyof Operations, 'watch'>]: { readonly [V in keyof Operations[N]]: Call<Operations[N][V]> };
};

/** How the window stands to its core: `lost` means it is trying to come back. */
export type ConnectionStatus = 'connecting' | 'connected' | 'lost';

/** A byte stream with the shape of a browser WebSocket, which is what noVNC takes. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly protocol: string;
  binaryType: string;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: unknown) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: ArrayBuffer | ArrayBufferView): void;
  close(): void;
}

export type ConsoleKind = 'vnc' | 'serial';

/** What the window needs of its core, whichever transport carries it. */
export interface ClientPort {
  readonly call: Calls;
  /** Follows all changes: one snapshot after each (re)connection, then events. Returns how to stop. */
  watch(onEvent: (event: WatchEvent) => void, onStatus: (status: ConnectionStatus) => void): () => void;
  /** Opens a console; trouble shows as `onerror` and `onclose`. */
  openConsole(machineId: string, kind: ConsoleKind): WebSocketLike;
  /** The host path of a file that was dropped on the window, where the shell can tell. */
  findDroppedPath?(file: File): string | undefined;
}
