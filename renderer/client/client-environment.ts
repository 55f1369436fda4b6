import type { WindowBridge } from '../../contract/window-bridge.ts';

/** What the client needs of the page it runs in. */
export interface ClientEnvironment {
  /** Present in Electron only. */
  readonly bridge: WindowBridge | undefined;
  /** Where the ports that the bridge asks for arrive. */
  readonly portEvents: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
  /** Opens a WebSocket to the server the page came from. */
  createWebSocket(path: string): WebSocket;
  /** The HTTP status the server answers with; a failed WebSocket does not tell. */
  readStatus(path: string): Promise<number>;
}

declare global {
  interface Window {
    readonly bothy?: WindowBridge;
  }
}

/** The page as it is. */
export function buildBrowserEnvironment(): ClientEnvironment {
  return {
    bridge: window.bothy,
    portEvents: window,
    createWebSocket: (path) => new WebSocket(`ws://${window.location.host}${path}`),
    readStatus: async (path) => (await fetch(path, { method: 'HEAD', cache: 'no-store' })).status,
  };
}
