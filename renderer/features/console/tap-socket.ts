import type { ConsoleSocket } from '../../client/console-socket.ts';

/**
 * A console as noVNC takes it, overheard: noVNC owns the handlers of its channel and does not tell when the first
 * picture came, nor why a connection ended.
 */
export function tapSocket(
  socket: ConsoleSocket,
  { onMessage, onClose }: { onMessage: () => void; onClose: (reason: string) => void },
): ConsoleSocket {
  const tapped: ConsoleSocket = {
    binaryType: 'arraybuffer',
    get readyState() {
      return socket.readyState;
    },
    get protocol() {
      return socket.protocol;
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (data) => socket.send(data),
    close: () => socket.close(),
  };
  socket.onopen = (event) => tapped.onopen?.(event);
  socket.onerror = (event) => tapped.onerror?.(event);
  socket.onmessage = (event) => {
    tapped.onmessage?.(event);
    onMessage();
  };
  socket.onclose = (event) => {
    onClose(event.reason);
    tapped.onclose?.(event);
  };
  return tapped;
}
