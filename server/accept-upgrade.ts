import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { AppError } from '../contract/app-error.ts';
import { bridgeConsole } from '../core/console/bridge.ts';
import type { Core } from '../core/core.ts';
import { buildRouter } from '../core/rpc/router.ts';
import { reportInternalError } from '../core/rpc/translate-error.ts';
import { type Access, isLoopbackHost, isOwnOrigin } from './access.ts';
import { closeWithReason, createWebSocketEndpoint } from './web-socket-endpoint.ts';

/** Takes WebSockets for a core: `/rpc` carries the contract, `/console?ticket=` the bytes of one console. */
export interface UpgradeAcceptor {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** The close code of a console whose ticket opened nothing; the reason says why. */
const consoleRefusedCode = 4404;

/** Creates the acceptor; everything is checked before the protocol is switched. */
export function createUpgradeAcceptor(core: Core, access: Access): UpgradeAcceptor {
  // Compression would cost more than a loopback connection can win.
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  const rpc = new RPCHandler(buildRouter(core));
  return {
    accept(request, socket, head) {
      const refusal = findRefusal(request, access, sockets.clients.size);
      if (refusal !== undefined) return refuse(socket, refusal);
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        // A peer that breaks the protocol or sends too much is closed by the library; there is nothing to add.
        webSocket.on('error', () => {});
        const url = new URL(request.url ?? '/', 'http://localhost');
        if (url.pathname === '/rpc') void rpc.upgrade(withBackPressure(webSocket));
        else void openConsole(core, webSocket, url.searchParams.get('ticket') ?? '');
      });
    },
    close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

const maxMessageBytes = 1024 * 1024;
const maxSockets = 64;

type Refusal = readonly [status: string, words: string];

function findRefusal(request: IncomingMessage, access: Access, openCount: number): Refusal | undefined {
  if (!isLoopbackHost(request)) return ['403 Forbidden', 'Bothy answers only to 127.0.0.1 and localhost.'];
  if (!isOwnOrigin(request)) return ['403 Forbidden', 'Only the window itself may connect.'];
  if (!access.hasCookie(request)) return ['401 Unauthorized', 'Open the address that bothy serve printed.'];
  if (!/^\/(rpc|console)(\?|$)/.test(request.url ?? '')) return ['404 Not Found', 'There is nothing to connect to here.'];
  if (openCount >= maxSockets) return ['503 Service Unavailable', `There are already ${maxSockets} connections.`];
  return undefined;
}

function refuse(socket: Duplex, [status, words]: Refusal): void {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${words.length + 1}\r\n\r\n${words}\n`,
  );
}

/** A stream's next event waits until the last one left, so a page that stops reading does not fill this process. */
function withBackPressure(socket: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  const send = (message: string | Buffer) =>
    new Promise<void>((resolve) => {
      if (socket.readyState === socket.OPEN) socket.send(message, () => resolve());
      else resolve();
    });
  return { addEventListener: socket.addEventListener.bind(socket), send } as Pick<WebSocket, 'addEventListener' | 'send'>;
}

async function openConsole(core: Core, socket: WebSocket, ticket: string): Promise<void> {
  // Nothing is read until there is somewhere to put it.
  socket.pause();
  try {
    const stream = await core.consoles.redeem(ticket);
    bridgeConsole(stream, createWebSocketEndpoint(socket));
    socket.resume();
  } catch (error) {
    const data = error instanceof AppError ? error.toData() : reportInternalError('a console', error);
    closeWithReason(socket, consoleRefusedCode, data.message);
  }
}
