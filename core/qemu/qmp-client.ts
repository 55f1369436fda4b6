import { connect, type Socket } from 'node:net';
import { AppError } from '../../contract/app-error.ts';

/** An event as QEMU sends it (docs/interop/qmp-spec). */
export interface QmpEvent {
  readonly event: string;
  readonly data?: Record<string, unknown>;
  readonly timestamp: { readonly seconds: number; readonly microseconds: number };
}

export interface QmpGreeting {
  readonly version: { readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number } };
}

/** One connection to a QMP monitor, capabilities negotiated. */
export interface QmpClient {
  readonly greeting: QmpGreeting;
  /** Runs a command and gives its `return` value. Throws `qemu-failed` (QEMU said no) or `qemu-unresponsive`. */
  execute<T = unknown>(command: string, parameters?: object, options?: { timeoutMs?: number }): Promise<T>;
  onEvent(listener: (event: QmpEvent) => void): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** QEMU refused a command: `errorClass` is QMP's own (`GenericError`, `DeviceNotFound`, ...). */
class QmpCommandError extends AppError {
  readonly errorClass: string;
  constructor(command: string, errorClass: string, description: string) {
    super('qemu-failed', `QEMU refused “${command}”: ${description}`, { details: `${errorClass}: ${description}` });
    this.errorClass = errorClass;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  readonly command: string;
}

/** A connection whose negotiation is under way: commands are sent right behind it and answered in their turn. */
export interface OpenQmp extends Omit<QmpClient, 'greeting'> {
  /** Rejects with `qemu-unresponsive` when QEMU does not greet in time, or goes away. */
  readonly greeting: Promise<QmpGreeting>;
}

/** Connects, and negotiates without waiting for the answer. Rejects with the socket's error when nobody listens. */
export function openQmp(path: string, options: { timeoutMs?: number } = {}): Promise<OpenQmp> {
  const timeoutMs = options.timeoutMs ?? 5000;
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      const channel = createChannel(socket);
      const greeting = new Promise<QmpGreeting>((greet, refuse) => {
        const fail = (what: string): void => refuse(new AppError('qemu-unresponsive', `QEMU's monitor ${path} ${what}.`));
        const timer = setTimeout(() => {
          socket.destroy();
          fail(`did not greet within ${timeoutMs} ms`);
        }, timeoutMs);
        void channel.closed.then(() => {
          clearTimeout(timer);
          fail('closed before it greeted');
        });
        channel.execute('qmp_capabilities', undefined, { timeoutMs }).then(async () => {
          greet(await channel.greeting);
          clearTimeout(timer);
        }, refuse);
      });
      // Whoever waits for it is told; nobody else is to be surprised.
      greeting.catch(() => {});
      resolve({ ...channel, greeting, close: () => socket.destroy() });
    });
  });
}

/** Connects, waits for the greeting and negotiates. Rejects with the socket's error, or `qemu-unresponsive` in `timeoutMs`. */
export async function connectQmp(path: string, options: { timeoutMs?: number } = {}): Promise<QmpClient> {
  const client = await openQmp(path, options);
  return { ...client, greeting: await client.greeting };
}

/** The wire: one JSON object a line, replies found by id whatever their order, events passed on. */
function createChannel(socket: Socket) {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: QmpEvent) => void>();
  let lastId = 0;
  let rest = '';
  let isClosed = false;
  let greet: (greeting: QmpGreeting) => void = () => {};
  const greeting = new Promise<QmpGreeting>((resolve) => {
    greet = resolve;
  });
  let markClosed: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    markClosed = resolve;
  });

  const settle = (id: unknown, act: (entry: Pending) => void): void => {
    const entry = typeof id === 'number' ? pending.get(id) : undefined;
    if (entry === undefined) return;
    pending.delete(id as number);
    clearTimeout(entry.timer);
    act(entry);
  };
  const receive = (message: Record<string, unknown>): void => {
    if ('QMP' in message) greet(message['QMP'] as QmpGreeting);
    else if ('event' in message) for (const listener of listeners) listener(message as unknown as QmpEvent);
    else if ('return' in message) settle(message['id'], (entry) => entry.resolve(message['return']));
    else if ('error' in message) {
      const { class: errorClass, desc } = (message['error'] ?? {}) as { class?: unknown; desc?: unknown };
      settle(message['id'], (entry) => entry.reject(new QmpCommandError(entry.command, String(errorClass), String(desc))));
    }
  };

  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    // Only what is new is searched, so that a reply in many pieces costs no more than its length.
    const end = chunk.lastIndexOf('\n');
    if (end === -1) {
      rest += chunk;
      return;
    }
    const lines = rest + chunk.slice(0, end);
    rest = chunk.slice(end + 1);
    for (const line of lines.split('\n')) {
      const message = parseLine(line);
      if (message !== undefined) receive(message);
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    isClosed = true;
    for (const [id] of pending) {
      settle(id, (entry) => entry.reject(new AppError('qemu-unresponsive', `QEMU's monitor closed during “${entry.command}”.`)));
    }
    markClosed();
  });

  return {
    greeting,
    closed,
    onEvent: (listener: (event: QmpEvent) => void): void => {
      listeners.add(listener);
    },
    execute: <T = unknown>(command: string, parameters?: object, options: { timeoutMs?: number } = {}): Promise<T> => {
      const timeoutMs = options.timeoutMs ?? 10_000;
      if (isClosed)
        return Promise.reject(new AppError('qemu-unresponsive', `QEMU's monitor is closed; “${command}” was not sent.`));
      lastId += 1;
      const id = lastId;
      return new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => {
          pending.delete(id);
          reject(new AppError('qemu-unresponsive', `QEMU did not answer “${command}” within ${timeoutMs} ms.`));
        }, timeoutMs);
        pending.set(id, { resolve: resolve as (value: unknown) => void, reject, timer, command });
        socket.write(
          `${JSON.stringify({ execute: command, ...(parameters === undefined ? {} : { arguments: parameters }), id })}\n`,
        );
      });
    },
  };
}

function parseLine(line: string): Record<string, unknown> | undefined {
  if (line.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
