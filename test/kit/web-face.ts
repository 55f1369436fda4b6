import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { WebSocket as NodeWebSocket } from 'ws';
import { type Client, createClient } from '../../renderer/client/client.ts';
import { builtCli } from './built-cli.ts';

/** A `bothy serve` in a process of its own, with a client as the window has it. */
export interface WebFace {
  readonly client: Client;
  readonly process: ChildProcess;
  readonly port: number;
  /** The address a browser is let in with. */
  readonly url: string;
  /** Opens a WebSocket as the page does. */
  connect(path: string): NodeWebSocket;
  /** Ends the process in the ordinary way. */
  close(): Promise<void>;
}

/** Starts the built web mode, on a port that is free unless one is given, and lets a client in. */
export async function openWebFace(environment: Readonly<Record<string, string | undefined>>, wantedPort = 0): Promise<WebFace> {
  const child = spawn(process.execPath, [builtCli, 'serve', '--json', '--port', String(wantedPort)], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const { url, port } = await readDocument<{ url: string; port: number }>(child.stdout);
  const host = `127.0.0.1:${port}`;
  const answer = await fetch(url, { redirect: 'manual' });
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const headers = { origin: `http://${host}`, cookie };
  const connect = (path: string): NodeWebSocket => new NodeWebSocket(`ws://${host}${path}`, { headers });
  const client = createClient({
    bridge: undefined,
    portEvents: new EventTarget(),
    createWebSocket: (path) => connect(path) as unknown as WebSocket,
    readStatus: async (path) => (await fetch(`http://${host}${path}`, { method: 'HEAD', headers })).status,
  });
  return {
    client,
    process: child,
    port,
    url,
    connect,
    async close() {
      client.close();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await exited;
      }
    },
  };
}

/** The first JSON document a process prints. */
function readDocument<T>(stream: Readable): Promise<T> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (/^}\s*$/m.test(text)) resolve(JSON.parse(text) as T);
    });
    stream.once('end', () => reject(new Error(`no whole document in: ${text}`)));
  });
}
