/** A queue that one reader takes from as an async iterable; it ends with its signal or `close`. */
export interface EventChannel<T> {
  push(value: T): void;
  close(): void;
  readonly events: AsyncIterable<T>;
}

const maxWaiting = 10_000;

export function createEventChannel<T>(signal: AbortSignal | undefined, onEnd: () => void): EventChannel<T> {
  const queue: T[] = [];
  let wake: (() => void) | undefined;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    wake?.();
    onEnd();
  };
  signal?.addEventListener('abort', close, { once: true });
  async function* read(): AsyncGenerator<T> {
    try {
      for (;;) {
        while (queue.length > 0) yield queue.shift() as T;
        if (isClosed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      close();
    }
  }
  if (signal?.aborted === true) close();
  return {
    push: (value) => {
      if (isClosed) return;
      queue.push(value);
      // A reader that stopped reading is let go; it starts anew with a snapshot when it reads again.
      if (queue.length >= maxWaiting) close();
      wake?.();
    },
    close,
    events: read(),
  };
}
