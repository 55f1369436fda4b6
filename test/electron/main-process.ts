import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { type MessagePort as NodePort, Worker } from 'node:worker_threads';
import { type WindowBridge, windowChannels } from '../../contract/window-bridge.ts';
import { type Client, createClient } from '../../renderer/client/client.ts';
import { waitUntil } from '../kit/wait-until.ts';

/** One thing the main process asked of Electron. */
interface Asked {
  readonly what: string;
  readonly detail: unknown;
}

/** The built main process running against the stand-in of Electron. */
export interface MainProcess {
  readonly asked: readonly Asked[];
  /** What it printed to stderr. */
  readonly printed: () => string;
  find(what: string): Asked | undefined;
  waitFor(what: string): Promise<unknown>;
  /** Makes something happen to it, as a person or a page would. */
  happen(name: string, detail?: unknown): Promise<unknown>;
  /** The page's client, through the built preload script; everything it does is really carried. */
  openPage(): Client;
  /** A bare port of the contract, for a page that misbehaves. */
  openPort(): Promise<NodePort>;
  stop(): Promise<void>;
}

export const ownFrame = { url: 'bothy://app/', origin: 'bothy://app', parent: null };

const mainFile = join(import.meta.dirname, '../../dist/electron/main/main.js');
const preloadFile = join(import.meta.dirname, '../../dist/electron/preload/preload.cjs');

/** Starts it as Electron would. */
export function startMainProcess(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isFirstInstance?: boolean;
}): MainProcess {
  for (const file of [mainFile, preloadFile]) if (!existsSync(file)) throw new Error(`${file} is missing; run npm run build`);
  const worker = new Worker(new URL('../fixtures/electron-stand-in/run-main.mjs', import.meta.url), {
    env: Object.fromEntries(Object.entries(options.environment).filter(([, value]) => value !== undefined)),
    workerData: { mainFile, userData: '/nowhere', isFirstInstance: options.isFirstInstance ?? true },
    stderr: true,
  });
  const asked: Asked[] = [];
  const answers = new Map<number, (answer: { result?: unknown; error?: string }) => void>();
  const portListeners = new Set<(message: { channel: string; message: unknown; ports: NodePort[] }) => void>();
  let printed = '';
  let failure: Error | undefined;
  let nextId = 0;

  worker.stderr.on('data', (text: Buffer) => {
    printed += String(text);
  });
  worker.on('error', (error) => {
    failure = error;
  });
  worker.on('message', (message: Asked) => {
    if (message.what === 'happened') {
      const { id, ...answer } = message.detail as { id: number; result?: unknown; error?: string };
      answers.get(id)?.(answer);
      answers.delete(id);
    } else if (message.what === 'frame.postMessage') {
      for (const listener of portListeners) listener(message.detail as never);
    } else {
      asked.push(message);
    }
  });

  const happen = async (name: string, detail: unknown = {}) => {
    nextId += 1;
    const id = nextId;
    const answer = new Promise<{ result?: unknown; error?: string }>((resolve) => answers.set(id, resolve));
    worker.postMessage({ id, name, detail });
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(error);
    return result;
  };
  const find = (what: string) => asked.find((entry) => entry.what === what);

  return {
    asked,
    printed: () => printed,
    find,
    happen,
    waitFor: (what) =>
      waitUntil(`main to ask for ${what}`, () => {
        if (failure !== undefined) throw failure;
        return find(what) !== undefined;
      }).then(() => find(what)?.detail),
    openPage: () => openPage(happen, portListeners),
    openPort: async () => {
      const delivered = new Promise<NodePort>((resolve) => {
        portListeners.add(({ message, ports: [port] }) => {
          if (message === 'bare' && port !== undefined) resolve(port);
        });
      });
      await happen('invoke', { channel: windowChannels.connect, args: ['bare'], frame: ownFrame });
      return await delivered;
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}

/** Runs the built preload script with what a sandboxed one has, and the page's client on what it exposes. */
function openPage(
  happen: MainProcess['happen'],
  portListeners: Set<(message: { channel: string; message: unknown; ports: NodePort[] }) => void>,
): Client {
  const page = new EventTarget();
  let bridge: WindowBridge | undefined;
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, api: WindowBridge) => {
        if (name === 'bothy') bridge = api;
      },
    },
    ipcRenderer: {
      invoke: (channel: string, ...args: unknown[]) => happen('invoke', { channel, args, frame: ownFrame }),
      on: (channel: string, listener: (event: { ports: NodePort[] }, message: unknown) => void) => {
        portListeners.add((delivery) => {
          if (delivery.channel === channel) listener({ ports: delivery.ports }, delivery.message);
        });
      },
    },
  };
  const window = {
    location: { origin: ownFrame.origin },
    postMessage: (data: unknown, origin: string, ports: NodePort[]) => {
      if (origin !== ownFrame.origin) return;
      page.dispatchEvent(Object.assign(new Event('message'), { data, ports, source: page }));
    },
  };
  const require = (name: string) => {
    if (name === 'electron') return electron;
    throw new Error(`a sandboxed preload script cannot load ${name}`);
  };
  vm.runInNewContext(readFileSync(preloadFile, 'utf8'), { require, window, exports: {}, module: { exports: {} } });
  if (bridge === undefined) throw new Error('the preload script exposed nothing');
  return createClient({
    bridge,
    portEvents: page,
    createWebSocket: () => {
      throw new Error('Electron has no WebSocket');
    },
    readStatus: async () => 0,
  });
}
