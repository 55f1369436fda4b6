import { createStore, type StoreApi } from 'zustand/vanilla';

/** How a console stands: `waiting` is connected without anything to show yet, `lost` will try again at `retryAt`. */
export type ConsoleStatus =
  | { readonly phase: 'idle' }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'waiting' }
  | { readonly phase: 'connected' }
  | { readonly phase: 'lost'; readonly reason: string; readonly retryAt: number };

/** What an open connection tells. */
export interface LinkListener {
  onOpen(): void;
  /** There is something to show. */
  onReady(): void;
  onClose(reason: string): void;
}

/** A connection that is being opened, or open. */
export interface Link {
  close(): void;
}

/** Time and timers, so that tests need not wait. */
export interface Clock {
  now(): number;
  /** Calls back later; gives how to call it off. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Keeps one connection open for as long as it is wanted, and brings it back with growing delay. */
export interface Reconnector {
  readonly status: StoreApi<ConsoleStatus>;
  setWanted(isWanted: boolean): void;
  retryNow(): void;
  close(): void;
}

/** The wait before the n-th try in a row: half a second, doubling up to ten. */
export function computeRetryDelayMs(failures: number): number {
  return Math.min(10_000, 500 * 2 ** Math.max(0, failures - 1));
}

/** Creates a reconnector that opens its connections with the given function. */
export function createReconnector(open: (listener: LinkListener) => Link, clock: Clock = windowClock): Reconnector {
  const status = createStore<ConsoleStatus>(() => ({ phase: 'idle' }));
  let isWanted = false;
  let failures = 0;
  /** Only the newest connection is listened to. */
  let round = 0;
  let link: Link | undefined;
  let callOff: (() => void) | undefined;

  const drop = () => {
    round += 1;
    callOff?.();
    callOff = undefined;
    const last = link;
    link = undefined;
    last?.close();
  };
  const connect = () => {
    drop();
    const own = round;
    status.setState({ phase: 'connecting' }, true);
    const ifCurrent = (act: () => void) => () => {
      if (own === round) act();
    };
    const lose = (reason: string) => {
      if (own !== round) return;
      drop();
      failures += 1;
      const delayMs = computeRetryDelayMs(failures);
      status.setState({ phase: 'lost', reason, retryAt: clock.now() + delayMs }, true);
      callOff = clock.after(delayMs, connect);
    };
    const opened = open({
      onOpen: ifCurrent(() => status.setState({ phase: 'waiting' }, true)),
      onReady: ifCurrent(() => {
        failures = 0;
        if (status.getState().phase !== 'connected') status.setState({ phase: 'connected' }, true);
      }),
      onClose: lose,
    });
    if (own === round) link = opened;
    else opened.close();
  };

  return {
    status,
    setWanted(next) {
      if (next === isWanted) return;
      isWanted = next;
      failures = 0;
      if (isWanted) return connect();
      drop();
      status.setState({ phase: 'idle' }, true);
    },
    retryNow() {
      if (isWanted && status.getState().phase === 'lost') connect();
    },
    close() {
      isWanted = false;
      drop();
      status.setState({ phase: 'idle' }, true);
    },
  };
}

const windowClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
