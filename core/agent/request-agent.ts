import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { runtimeFile } from '../storage/file-names.ts';
import { connectInTurn } from './agent-socket.ts';
import { splitLines } from './split-lines.ts';

/** The agent refused a command; its own words. */
export class AgentRefusal extends Error {}

/** A request that has been sent. */
export interface AgentRequest<T> {
  /** Rejects with `AgentRefusal`, or another error when the channel closed. */
  readonly answer: Promise<T>;
  /** Gives up waiting and leaves the agent to others. */
  close(): void;
}

/**
 * Sends one command to the agent over a connection of its own, without asking first whether one is there: a guest whose agent
 * has not opened its port leaves the request unread, and with the connection it is gone. The byte 0xFF makes the agent forget what another
 * client left half sent (QEMU, docs/interop/qemu-ga-ref); an answer is known by the request's id.
 */
export async function requestAgent<T>(
  runtimeFolder: string,
  command: string,
  parameters: object,
  deadline: number,
): Promise<AgentRequest<T>> {
  const socket = await connectInTurn(join(runtimeFolder, runtimeFile.agent), deadline);
  const id = randomInt(2 ** 31);
  const answer = new Promise<T>((resolve, reject) => {
    const take = (line: Buffer): void => {
      const message = parse(line);
      if (message?.['id'] !== id) return;
      socket.destroy();
      const error = message['error'] as { desc: string } | undefined;
      if (error === undefined) resolve(message['return'] as T);
      else reject(new AgentRefusal(error.desc));
    };
    socket.on(
      'data',
      splitLines(take, () => socket.destroy()),
    );
    socket.on('error', () => socket.destroy());
    socket.on('close', () => reject(new Error('The agent’s channel was closed.')));
  });
  answer.catch(() => undefined);
  socket.write(
    Buffer.concat([Buffer.of(0xff), Buffer.from(`${JSON.stringify({ execute: command, arguments: parameters, id })}\n`)]),
  );
  return { answer, close: () => socket.destroy() };
}

/** Undefined for half a message that an earlier client did not read. */
function parse(line: Buffer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line.toString('utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
