import type { WebSocket } from 'ws';
import type { ConsoleEndpoint } from '../core/console/bridge.ts';

/** A WebSocket as the far end of a console: binary frames are bytes, the close reason is for the person. */
export function createWebSocketEndpoint(socket: WebSocket): ConsoleEndpoint {
  return {
    send: (bytes, sent) => socket.send(bytes, { binary: true }, sent),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: (reason) => closeWithReason(socket, 1000, reason),
    listen(onBytes, onClose) {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) onBytes(data);
        else closeWithReason(socket, 1003, 'A console carries bytes, not text.');
      });
      socket.on('close', onClose);
      if (socket.readyState > socket.OPEN) onClose();
    },
  };
}

/** Closes with as much of the reason as a close frame can hold. */
export function closeWithReason(socket: WebSocket, code: number, reason: string): void {
  let text = reason;
  while (Buffer.byteLength(text) > maxReasonBytes) text = text.slice(0, -1);
  // A paused socket would never read the answer to its close frame.
  socket.resume();
  socket.close(code, text);
}

const maxReasonBytes = 123;
