import type { MessagePortMain } from 'electron';
import { type ConsolePortMessage, consoleWindowBytes } from '../../contract/window-bridge.ts';
import type { ConsoleEndpoint } from '../../core/console/bridge.ts';

/** A MessagePort as the far end of a console. Ports have no back-pressure of their own, so both sides acknowledge. */
export function createPortEndpoint(port: MessagePortMain): ConsoleEndpoint {
  const unacknowledged: { remaining: number; readonly sent: () => void }[] = [];
  let isPaused = false;
  let heldBytes = 0;

  const post = (message: ConsolePortMessage) => port.postMessage(message);
  const settle = (bytes: number) => {
    let rest = bytes;
    while (rest > 0) {
      const first = unacknowledged[0];
      if (first === undefined) return;
      const part = Math.min(rest, first.remaining);
      rest -= part;
      first.remaining -= part;
      if (first.remaining > 0) return;
      unacknowledged.shift();
      first.sent();
    }
  };

  return {
    send(bytes, sent) {
      if (bytes.byteLength === 0) return sent();
      unacknowledged.push({ remaining: bytes.byteLength, sent });
      post(new Uint8Array(bytes));
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      if (heldBytes > 0) post({ acknowledged: heldBytes });
      heldBytes = 0;
    },
    // The page closes the port when it has read this; closing it here could overtake what was sent before.
    close: (reason) => post({ closed: reason }),
    listen(onBytes, onClose) {
      const giveUp = () => {
        port.close();
        onClose();
      };
      port.on('message', ({ data }) => {
        if (isAcknowledgement(data)) return settle(data.acknowledged);
        if (!(data instanceof Uint8Array)) return giveUp();
        onBytes(data);
        if (!isPaused) return post({ acknowledged: data.byteLength });
        heldBytes += data.byteLength;
        // A page that does not wait for acknowledgements is broken, and may not fill this process.
        if (heldBytes > 4 * consoleWindowBytes) giveUp();
      });
      port.on('close', onClose);
      port.start();
    },
  };
}

function isAcknowledgement(data: unknown): data is { acknowledged: number } {
  const bytes = (data as { acknowledged?: unknown } | null)?.acknowledged;
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes > 0;
}
