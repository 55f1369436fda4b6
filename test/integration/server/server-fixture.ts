import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { type RunningServer, startServer } from '../../../server/start-server.ts';
import { createStandInCore, type StandInCore } from '../../fixtures/stand-in-core.ts';

/** A server in front of a stand-in core, with a window of three files and a secret file beside it. */
export interface ServerFixture {
  readonly core: StandInCore;
  readonly server: RunningServer;
  /** The cookie of a browser that was let in. */
  readonly cookie: string;
  get(path: string, options?: { headers?: Record<string, string>; method?: string }): Promise<Answer>;
  /** Opens a WebSocket as the window does, unless headers say otherwise. */
  connect(path: string, headers?: Record<string, string | undefined>): WebSocket;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Starts one on a free port. */
export async function serverStarted(): Promise<ServerFixture> {
  const folder = await mkdtemp('/tmp/bothy-');
  const rendererFolder = join(folder, 'renderer');
  await mkdir(join(rendererFolder, 'assets'), { recursive: true });
  await writeFile(join(rendererFolder, 'index.html'), '<!doctype html><title>window</title>');
  await writeFile(join(rendererFolder, 'assets', 'main-1a2b.js'), 'console.log(1)');
  await writeFile(join(rendererFolder, '.env.json'), '{"hidden":true}');
  await writeFile(join(folder, 'outside.json'), '{"outside":true}');
  await symlink(join(folder, 'outside.json'), join(rendererFolder, 'link.json'));
  await symlink(folder, join(rendererFolder, 'up'));
  const core = createStandInCore();
  const server = await startServer({ core, rendererFolder });
  const get: ServerFixture['get'] = (path, options) => send(server.port, path, options);
  const entered = await get(new URL(server.url).pathname + new URL(server.url).search);
  const cookie = (entered.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  const sockets: WebSocket[] = [];
  return {
    core,
    server,
    cookie,
    get,
    connect(path, headers) {
      const host = `127.0.0.1:${server.port}`;
      const all = { host, origin: `http://${headers?.['host'] ?? host}`, cookie, ...headers };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const socket = new WebSocket(`ws://${host}${path}`, { headers: given as Record<string, string> });
      socket.on('error', () => {});
      sockets.push(socket);
      return socket;
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** How a WebSocket ended: an HTTP status when it never opened, else its close code. */
export async function ended(socket: WebSocket): Promise<{ status?: number; code?: number; reason?: string }> {
  return await Promise.race([
    once(socket, 'unexpected-response').then(([, response]) => {
      response.resume();
      return { status: response.statusCode as number };
    }),
    once(socket, 'close').then(([code, reason]) => ({ code: code as number, reason: String(reason) })),
  ]);
}

/** Sends a request whose path and headers arrive exactly as given. */
function send(port: number, path: string, options: { headers?: Record<string, string>; method?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject);
    request.end();
  });
}
