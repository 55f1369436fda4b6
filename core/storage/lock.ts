import { createHash, randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../../contract/app-error.ts';

/** A held lock. It also ends when the holding process does, however that dies. */
export interface Lock {
  release(): Promise<void>;
}

/** Who holds a lock, as it tells those who ask. */
export interface Holder {
  readonly pid: number;
  readonly operation: string;
}

export interface Locks {
  /** Waits up to `waitMs` (3 s) for the lock, then throws `busy` naming who holds it. */
  acquire(
    name: string,
    operation: string,
    options?: { subject?: string; waitMs?: number; signal?: AbortSignal | undefined },
  ): Promise<Lock>;
  /** The lock if it is free now. */
  tryAcquire(name: string, operation: string): Promise<Lock | undefined>;
  isHeld(name: string): Promise<boolean>;
}

/**
 * Locks that die with their holder: each is an abstract Unix socket (unix(7)), which the kernel lets one process bind and
 * frees when that process ends, so there is nothing stale to break. Names are built from a secret in the machines folder,
 * so another user can neither guess nor occupy them. A waiter connects and is woken by the connection's end.
 */
export function createLocks(machinesFolder: string): Locks {
  // Built anew each time: the folder may have been deleted and made again by a face that now locks by its new secret.
  const address = (name: string): string => `\0bothy-${buildPrefix(machinesFolder)}-${name}`;
  const tryAcquire = (name: string, operation: string): Promise<Lock | undefined> =>
    bind(address(name), { pid: process.pid, operation });

  return {
    tryAcquire,
    async acquire(name, operation, options = {}) {
      const deadline = performance.now() + (options.waitMs ?? 3000);
      for (;;) {
        const lock = await tryAcquire(name, operation);
        if (lock !== undefined) return lock;
        const left = deadline - performance.now();
        const holder = await watchHolder(address(name), left, options.signal);
        if (options.signal?.aborted === true) throw new AppError('cancelled', `${operation} was cancelled.`);
        if (performance.now() >= deadline) throw buildBusyError(options.subject ?? name, holder);
      }
    },
    isHeld: (name) => hasHolder(address(name)),
  };
}

function buildBusyError(subject: string, holder: Holder | undefined): AppError {
  const who = holder === undefined ? '' : ` (“${holder.operation}”, process ${holder.pid})`;
  return new AppError('busy', `Someone else is changing ${subject}${who}.`, { hint: 'Try again when that is done.' });
}

function bind(path: string, holder: Holder): Promise<Lock | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => waiting.delete(socket));
      socket.write(`${JSON.stringify(holder)}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      resolve({
        release: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of waiting) socket.destroy();
          }),
      });
    });
  });
}

/** Resolves when the holder lets go, or the time is over, with what the holder said of itself. */
function watchHolder(path: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<Holder | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      socket.destroy();
      resolve(parseHolder(text));
    };
    const timer = setTimeout(finish, Math.max(1, timeoutMs));
    signal?.addEventListener('abort', finish, { once: true });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', finish);
    socket.on('error', finish);
    if (signal?.aborted === true) finish();
  });
}

/** Asks without taking the lock for a moment, which another who looks or tries would take for a holder. */
function hasHolder(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (isHeld: boolean): void => {
      socket.destroy();
      resolve(isHeld);
    };
    socket.once('connect', () => finish(true));
    // All but "refused" (a full backlog above all) means that somebody is there.
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code !== 'ECONNREFUSED'));
  });
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

function buildPrefix(machinesFolder: string): string {
  const status = statSync(machinesFolder);
  const secret = readOrMakeKey(join(machinesFolder, lockKey));
  return createHash('sha256').update(`${status.dev}:${status.ino}:${secret}`).digest('hex').slice(0, 24);
}

const lockKey = '.lock-key';
/** A key in the making is called this and its maker's pid. */
export const lockKeyPrefix = `${lockKey}-`;

/** Two processes may make the key at once: link(2) lets one win and the other reads that one. */
function readOrMakeKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const temporary = `${path}-${process.pid}`;
  const file = openSync(temporary, 'w', 0o600);
  writeSync(file, randomBytes(16).toString('hex'));
  closeSync(file);
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return readFileSync(path, 'utf8');
}
