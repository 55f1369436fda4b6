import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { withMonitor } from '../qemu/with-monitor.ts';
import { runtimeFile } from '../storage/file-names.ts';
import { splitLines } from './split-lines.ts';

/** A guest agent that answered (QEMU guest agent protocol, docs/interop/qemu-ga). */
export interface AgentClient {
  /** Runs a command and gives its `return` value. */
  execute<T = unknown>(command: string, parameters?: object, timeoutMs?: number): Promise<T>;
  /** Sends a command that has no answer, such as `guest-shutdown`. */
  send(command: string, parameters?: object): Promise<void>;
  close(): void;
}

/**
 * The agent of a running machine; undefined when none answers. QEMU knows whether the guest has the agent's port open,
 * so a guest without an agent costs no waiting.
 */
export async function findAgent(runtimeFolder: string, timeoutMs = 1000): Promise<AgentClient | undefined> {
  const isOpen = await withMonitor(
    runtimeFolder,
    async (monitor) => {
      const devices = await monitor.execute<{ label: string; 'frontend-open': boolean }[]>('query-chardev');
      return devices.some((device) => device.label === 'agent0' && device['frontend-open']);
    },
    { timeoutMs },
  ).catch(() => false);
  if (!isOpen) return undefined;
  const socket = connect(join(runtimeFolder, runtimeFile.agent));
  try {
    return await synchronise(socket, timeoutMs);
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** A 0xFF byte empties what an earlier client left half-sent; the answer to the sync begins with one too. */
async function synchronise(socket: Socket, timeoutMs: number): Promise<AgentClient> {
  let take: ((message: Record<string, unknown>) => void) | undefined;
  let refuse: ((error: Error) => void) | undefined;
  const read = (line: Buffer): void => {
    try {
      take?.(JSON.parse(line.subarray(line.lastIndexOf(0xff) + 1).toString('utf8')) as Record<string, unknown>);
    } catch {
      // Half a message that an earlier client did not read.
    }
  };
  socket.on(
    'data',
    splitLines(read, () => socket.destroy()),
  );
  socket.on('error', (error) => refuse?.(error));
  socket.on('close', () => refuse?.(new Error('The agent’s channel was closed.')));

  const request = (
    head: string,
    command: string,
    parameters: object | undefined,
    wait: number,
    isAnswer: (message: Record<string, unknown>) => boolean,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`The agent did not answer ${command}.`)), wait);
      refuse = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      take = (message) => {
        if (!isAnswer(message)) return;
        clearTimeout(timer);
        if ('error' in message) reject(new Error((message['error'] as { desc: string }).desc));
        else resolve(message['return']);
      };
      const text = JSON.stringify({ execute: command, ...(parameters === undefined ? {} : { arguments: parameters }) });
      socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(`${text}\n`)]));
    });

  const id = Math.floor(Math.random() * 2 ** 31);
  await request('\xff', 'guest-sync-delimited', { id }, timeoutMs, (message) => message['return'] === id);
  return {
    execute: <T>(command: string, parameters?: object, wait = 5000): Promise<T> =>
      request('', command, parameters, wait, () => true) as Promise<T>,
    send: (command, parameters) =>
      new Promise((resolve) => {
        socket.write(
          `${JSON.stringify({ execute: command, ...(parameters === undefined ? {} : { arguments: parameters }) })}\n`,
          () => resolve(),
        );
      }),
    close: () => socket.destroy(),
  };
}
