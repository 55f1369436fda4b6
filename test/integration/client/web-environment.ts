import { WebSocket as NodeWebSocket } from 'ws';
import type { ClientEnvironment } from '../../../renderer/client/client-environment.ts';
import type { RunningServer } from '../../../server/start-server.ts';

/** A server, and the cookie of a browser that was let in. */
interface PageAccess {
  readonly server: Pick<RunningServer, 'port'>;
  readonly cookie: string;
}

/** The page's side of a server: real WebSockets with the page's origin and cookie. */
export function webEnvironment(web: PageAccess, port = web.server.port): ClientEnvironment & { sockets: NodeWebSocket[] } {
  const host = `127.0.0.1:${port}`;
  const headers = { origin: `http://${host}`, cookie: web.cookie };
  const sockets: NodeWebSocket[] = [];
  return {
    bridge: undefined,
    portEvents: new EventTarget(),
    sockets,
    createWebSocket(path) {
      const socket = new NodeWebSocket(`ws://${host}${path}`, { headers });
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    readStatus: async (path) => (await fetch(`http://${host}${path}`, { method: 'HEAD', headers })).status,
  };
}
