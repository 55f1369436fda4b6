import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client';
import { AppError } from '../../contract/app-error.ts';
import { toAppError } from './to-app-error.ts';

/** One open transport that carries the contract until it closes. */
export interface Channel {
  readonly link: ClientLink<ClientContext>;
  /** Resolves when it broke or was closed. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Keeps at most one channel open, and opens a new one when a call finds the last one broken. */
export interface Connection {
  readonly link: ClientLink<ClientContext>;
  close(): void;
}

/** Creates a connection that opens its channels with the given function. */
export function createConnection(open: () => Promise<Channel>): Connection {
  let current: Promise<Channel> | undefined;
  let isClosed = false;

  const getChannel = (): Promise<Channel> => {
    if (isClosed) return Promise.reject(new AppError('disconnected', 'This window was closed.'));
    if (current !== undefined) return current;
    const opening = withDeadline(open);
    const forget = () => {
      if (current === opening) current = undefined;
    };
    opening.then((channel) => channel.closed.then(forget), forget);
    current = opening;
    return opening;
  };

  return {
    link: {
      async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>) {
        try {
          const channel = await getChannel();
          return await channel.link.call(path, input, options);
        } catch (error) {
          throw toAppError(error, options.signal);
        }
      },
    },
    close() {
      isClosed = true;
      current?.then((channel) => channel.close()).catch(() => {});
    },
  };
}

const openTimeoutMs = 10_000;

/** A transport that neither opens nor fails must not hold up every call; should it open later, it is closed. */
function withDeadline(open: () => Promise<Channel>): Promise<Channel> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new AppError('disconnected', 'Bothy does not answer.', { hint: 'It is tried again.' }));
    }, openTimeoutMs);
    open()
      .then((channel) => (isLate ? channel.close() : resolve(channel)), reject)
      .finally(() => clearTimeout(timer));
  });
}
