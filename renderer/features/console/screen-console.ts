import RFB from '@novnc/novnc';
import type { Client } from '../../client/client.ts';
import { type CaptureStore, followCapture } from './capture.ts';
import { createReconnector, type Reconnector } from './reconnector.ts';
import { tapSocket } from './tap-socket.ts';

/** A machine's screen: it lives on while its tab is not shown. */
export interface ScreenConsole extends Reconnector {
  /** Holds the picture; whoever shows it puts it in its place. */
  readonly element: HTMLElement;
  readonly capture: CaptureStore;
  setScaled(isScaled: boolean): void;
  focus(): void;
  release(): void;
}

/** Creates the screen of a machine; it connects when it is wanted. */
export function createScreenConsole(client: Client, machineId: string): ScreenConsole {
  const element = document.createElement('div');
  element.className = 'console-screen';
  let rfb: RFB | undefined;
  let isScaled = true;

  const reconnector = createReconnector((listener) => {
    let isOpen = false;
    let isOver = false;
    let reason = '';
    const socket = tapSocket(client.openConsole(machineId, 'vnc'), {
      onMessage: () => {
        if (isOpen) listener.onReady();
      },
      onClose: (why) => {
        reason = why;
      },
    });
    const own = new RFB(element, socket, { shared: true });
    own.scaleViewport = isScaled;
    own.background = 'transparent';
    own.addEventListener('connect', () => {
      isOpen = true;
      listener.onOpen();
    });
    own.addEventListener('disconnect', () => {
      isOver = true;
      listener.onClose(reason);
    });
    rfb = own;
    return {
      close() {
        if (rfb === own) rfb = undefined;
        if (!isOver) own.disconnect();
        socket.close();
      },
    };
  });

  const release = () => {
    rfb?.blur();
    element.closest<HTMLElement>('[data-console-frame]')?.focus();
  };
  return {
    ...reconnector,
    element,
    capture: followCapture(element, release),
    setScaled(next) {
      isScaled = next;
      if (rfb !== undefined) rfb.scaleViewport = next;
    },
    focus: () => rfb?.focus({ preventScroll: true }),
    release,
    close() {
      reconnector.close();
      element.remove();
    },
  };
}
