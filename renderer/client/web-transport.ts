import { RPCLink } from '@orpc/client/websocket';
import { AppError } from '../../contract/app-error.ts';
import type { ClientEnvironment } from './client-environment.ts';
import type { Channel } from './connection.ts';
import type { ConsoleListener, ConsoleWire } from './console-socket.ts';

/** Opens the contract over a WebSocket to the server the page came from. */
export async function openWebChannel(environment: ClientEnvironment): Promise<Channel> {
  const socket = environment.createWebSocket('/rpc');
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve(), { once: true }));
  const isOpen = await waitForOpen(socket);
  if (!isOpen) throw await explainFailure(environment);
  return { link: new RPCLink({ websocket: withQuietEnd(socket) }), closed, close: () => socket.close() };
}

/** Opens the bytes of a console over a WebSocket of their own. */
export async function openWebConsole(
  environment: ClientEnvironment,
  ticket: string,
  listener: ConsoleListener,
): Promise<ConsoleWire> {
  const socket = environment.createWebSocket(`/console?ticket=${encodeURIComponent(ticket)}`);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', (event) => listener.onBytes(event.data as ArrayBuffer));
  const isOpen = await waitForOpen(socket);
  if (!isOpen) throw await explainFailure(environment);
  socket.addEventListener('close', (event) => listener.onClose(event.code, event.reason));
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (bytes) => socket.send(bytes),
    close: () => socket.close(),
  };
}

/**
 * While a socket closes, oRPC still wants to tell the far end that calls were given up, and throws into the void because it
 * cannot. What is said then is dropped; the `close` that follows ends every open call.
 */
function withQuietEnd(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'> {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    send: (data) => {
      if (socket.readyState === socket.OPEN) socket.send(data);
    },
    get readyState() {
      return socket.readyState === socket.CLOSING ? socket.OPEN : socket.readyState;
    },
  };
}

function waitForOpen(socket: WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.addEventListener('open', () => resolve(true), { once: true });
    // An `error` is always followed by a `close`.
    socket.addEventListener('error', () => {}, { once: true });
    socket.addEventListener('close', () => resolve(false), { once: true });
  });
}

/** A browser does not say why a WebSocket failed; asking for the page does. */
async function explainFailure(environment: ClientEnvironment): Promise<AppError> {
  const status = await environment.readStatus('/').catch(() => 0);
  if (status === 401) {
    return new AppError('permission-denied', 'This page belongs to an earlier run of Bothy.', {
      hint: 'Open the address that `bothy serve` printed last.',
    });
  }
  if (status === 200) {
    return new AppError('disconnected', 'Bothy has too many connections.', { hint: 'Close windows you do not need.' });
  }
  return new AppError('disconnected', 'Bothy does not answer.', { hint: 'Is `bothy serve` still running?' });
}
