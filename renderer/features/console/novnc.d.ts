declare module '@novnc/novnc' {
  import type { ConsoleSocket } from '../../client/console-socket.ts';

  interface RfbEvents {
    connect: CustomEvent<unknown>;
    disconnect: CustomEvent<{ clean: boolean }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
    desktopname: CustomEvent<{ name: string }>;
  }

  /** The parts of noVNC's RFB that the console uses; its docs/API.md describes them. */
  export default class RFB {
    constructor(target: HTMLElement, channel: ConsoleSocket, options?: { shared?: boolean });
    scaleViewport: boolean;
    focusOnClick: boolean;
    showDotCursor: boolean;
    background: string;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    blur(): void;
    addEventListener<K extends keyof RfbEvents>(type: K, listener: (event: RfbEvents[K]) => void): void;
  }
}
