import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { RouterContract } from '../../contract/router.ts';
import type { WatchEvent } from '../../contract/watch.ts';
import { buildBrowserEnvironment, type ClientEnvironment } from './client-environment.ts';
import { createConnection } from './connection.ts';
import { type ConsoleSocket, createConsoleSocket } from './console-socket.ts';
import { openPortChannel, openPortConsole } from './port-transport.ts';
import { type StatusListener, watch } from './watch.ts';
import { openWebChannel, openWebConsole } from './web-transport.ts';

/** What the window knows of the core: the same in Electron and in the web mode. */
export interface Client {
  readonly kind: 'electron' | 'web';
  /** One function per operation: `call.machine.list({})`. Everything they throw is an AppError. */
  readonly call: ContractRouterClient<RouterContract>;
  /**
   * Tells what is and what changes: first a `snapshot`, then events in order. After a broken connection or a gap in the
   * sequence a new snapshot follows. Gives the function that ends it.
   */
  watch(onEvent: (event: WatchEvent) => void, onStatus: StatusListener): () => void;
  /** Opens a console of a machine, as an object with the shape of a WebSocket. */
  openConsole(machine: string, kind: 'vnc' | 'serial'): ConsoleSocket;
  close(): void;
}

/** Connects the page to its core, over whichever transport the page was opened with. */
export function createClient(environment: ClientEnvironment = buildBrowserEnvironment()): Client {
  const { bridge } = environment;
  const connection = createConnection(() =>
    bridge === undefined ? openWebChannel(environment) : openPortChannel(bridge, environment),
  );
  const call: Client['call'] = createORPCClient(connection.link);
  const ends = new Set<() => void>();
  return {
    kind: bridge === undefined ? 'web' : 'electron',
    call,
    watch(onEvent, onStatus) {
      const end = watch((options) => call.watch.all({}, options), onEvent, onStatus);
      ends.add(end);
      return () => {
        ends.delete(end);
        end();
      };
    },
    openConsole: (machine, kind) =>
      createConsoleSocket(async (listener) => {
        const { ticket } = await call.console.ticket({ machine, kind });
        return bridge === undefined
          ? openWebConsole(environment, ticket, listener)
          : openPortConsole(bridge, environment, ticket, listener);
      }),
    close() {
      for (const end of ends) end();
      ends.clear();
      connection.close();
    },
  };
}
