/** The bytes of one console, in the shape of a WebSocket: what noVNC takes as its channel. */
export interface ConsoleSocket {
  /** Messages are always an ArrayBuffer. */
  binaryType: BinaryType;
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  onopen: ((event: { readonly type: 'open' }) => void) | null;
  onmessage: ((event: { readonly type: 'message'; readonly data: ArrayBuffer }) => void) | null;
  onclose: ((event: ConsoleCloseEvent) => void) | null;
  onerror: ((event: { readonly type: 'error' }) => void) | null;
  send(data: ArrayBuffer | ArrayBufferView | string): void;
  close(): void;
}

/** How a console ended; `reason` is a sentence for the person. */
export interface ConsoleCloseEvent {
  readonly type: 'close';
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** The transport under a console. */
export interface ConsoleWire {
  readonly bufferedAmount: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** What a transport tells its console. */
export interface ConsoleListener {
  onBytes(data: ArrayBuffer): void;
  onClose(code: number, reason: string): void;
}

/** Code of a close that happened before anything was open. */
const consoleNotOpenedCode = 4000;

/** Creates a console that opens its transport with the given function; until then it is connecting. */
export function createConsoleSocket(open: (listener: ConsoleListener) => Promise<ConsoleWire>): ConsoleSocket {
  let wire: ConsoleWire | undefined;
  /** What arrived in the moment between opening and being told so. */
  const early: ArrayBuffer[] = [];
  const socket = {
    binaryType: 'arraybuffer' as BinaryType,
    readyState: connecting as number,
    protocol: '',
    get bufferedAmount() {
      return wire?.bufferedAmount ?? 0;
    },
    onopen: null as ConsoleSocket['onopen'],
    onmessage: null as ConsoleSocket['onmessage'],
    onclose: null as ConsoleSocket['onclose'],
    onerror: null as ConsoleSocket['onerror'],
    send(data: ArrayBuffer | ArrayBufferView | string) {
      if (socket.readyState === connecting) throw new DOMException('The console is not open yet.', 'InvalidStateError');
      if (socket.readyState === opened) wire?.send(copyBytes(data));
    },
    close() {
      if (socket.readyState >= closing) return;
      socket.readyState = closing;
      if (wire === undefined) queueMicrotask(() => finish(consoleNotOpenedCode, ''));
      else wire.close();
    },
  };

  const finish = (code: number, reason: string) => {
    if (socket.readyState === closed) return;
    socket.readyState = closed;
    socket.onclose?.({ type: 'close', code, reason, wasClean: code === 1000 });
  };

  open({
    onBytes: (data) => {
      if (socket.readyState === connecting) early.push(data);
      else if (socket.readyState === opened) socket.onmessage?.({ type: 'message', data });
    },
    onClose: finish,
  }).then(
    (openedWire) => {
      wire = openedWire;
      if (socket.readyState !== connecting) return openedWire.close();
      socket.readyState = opened;
      socket.onopen?.({ type: 'open' });
      for (const data of early.splice(0)) socket.onmessage?.({ type: 'message', data });
    },
    (error: unknown) => {
      if (socket.readyState === connecting) socket.onerror?.({ type: 'error' });
      finish(consoleNotOpenedCode, error instanceof Error ? error.message : String(error));
    },
  );
  return socket;
}

const connecting = 0;
const opened = 1;
const closing = 2;
const closed = 3;

/** The sender may reuse its buffer at once, as noVNC does. */
function copyBytes(data: ArrayBuffer | ArrayBufferView | string): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice();
}
