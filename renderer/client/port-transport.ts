import { RPCLink } from '@orpc/client/message-port';
import { AppError, type AppErrorData } from '../../contract/app-error.ts';
import {
  type ConsolePortMessage,
  consoleWindowBytes,
  type PortDelivery,
  type WindowBridge,
} from '../../contract/window-bridge.ts';
import type { ClientEnvironment } from './client-environment.ts';
import type { Channel } from './connection.ts';
import type { ConsoleListener, ConsoleWire } from './console-socket.ts';

/** Opens the contract over a MessagePort to Electron's main process. */
export async function openPortChannel(bridge: WindowBridge, environment: ClientEnvironment): Promise<Channel> {
  const port = await requestPort(environment, (requestId) => bridge.connect(requestId));
  const closed = new Promise<void>((resolve) => port.addEventListener('close', () => resolve(), { once: true }));
  const link = new RPCLink({ port });
  port.start();
  return { link, closed, close: () => port.close() };
}

/** Opens the bytes of a console over a MessagePort of their own, acknowledged both ways. */
export async function openPortConsole(
  bridge: WindowBridge,
  environment: ClientEnvironment,
  ticket: string,
  listener: ConsoleListener,
): Promise<ConsoleWire> {
  const port = await requestPort(environment, (requestId) => bridge.openConsole(ticket, requestId));
  const queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let unacknowledgedBytes = 0;

  const flush = () => {
    while (unacknowledgedBytes < consoleWindowBytes) {
      const bytes = queue.shift();
      if (bytes === undefined) return;
      queuedBytes -= bytes.byteLength;
      unacknowledgedBytes += bytes.byteLength;
      port.postMessage(bytes);
    }
  };
  port.addEventListener('message', (event: MessageEvent<ConsolePortMessage>) => {
    const message = event.data;
    if (message instanceof Uint8Array) {
      listener.onBytes(toArrayBuffer(message));
      port.postMessage({ acknowledged: message.byteLength } satisfies ConsolePortMessage);
    } else if ('acknowledged' in message) {
      unacknowledgedBytes -= message.acknowledged;
      flush();
    } else {
      listener.onClose(1000, message.closed);
      port.close();
    }
  });
  port.addEventListener('close', () => listener.onClose(1006, 'The connection to this console broke.'));
  port.start();
  return {
    get bufferedAmount() {
      return queuedBytes + unacknowledgedBytes;
    },
    send(bytes) {
      queue.push(bytes);
      queuedBytes += bytes.byteLength;
      flush();
    },
    close() {
      port.close();
      listener.onClose(1000, '');
    },
  };
}

/** Asks for a port and waits for its delivery, which may come before or after the answer to the question. */
async function requestPort(
  environment: ClientEnvironment,
  ask: (requestId: string) => Promise<AppErrorData | null>,
): Promise<MessagePort> {
  const requestId = crypto.randomUUID();
  let stopListening = () => {};
  const delivery = new Promise<MessagePort>((resolve) => {
    const onMessage = (event: Event) => {
      const { data, ports, source } = event as MessageEvent<PortDelivery | undefined>;
      const port = ports[0];
      if (source !== environment.portEvents || data?.bothyPort !== requestId || port === undefined) return;
      resolve(port);
    };
    environment.portEvents.addEventListener('message', onMessage);
    stopListening = () => environment.portEvents.removeEventListener('message', onMessage);
  });
  try {
    const refusal = await ask(requestId);
    if (refusal !== null) throw AppError.fromData(refusal);
    return await delivery;
  } finally {
    stopListening();
  }
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteLength === buffer.byteLength
    ? (buffer as ArrayBuffer)
    : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}
