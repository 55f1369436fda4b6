import type { AppError } from '../../contract/app-error.ts';
import type { WatchEvent } from '../../contract/watch.ts';
import { toAppError } from './to-app-error.ts';

/** How the window stands with its core: `lost` means that what is shown may be old, and that it is tried again. */
export type ConnectionStatus = 'connecting' | 'connected' | 'lost';

/** Told of every change; with `lost` comes the reason. */
export type StatusListener = (status: ConnectionStatus, reason?: AppError) => void;

type OpenStream = (options: { signal: AbortSignal }) => Promise<AsyncIterable<WatchEvent>>;

/** Follows the stream of events, from a new snapshot whenever it broke. Gives the function that ends it. */
export function watch(openStream: OpenStream, onEvent: (event: WatchEvent) => void, onStatus: StatusListener): () => void {
  const end = new AbortController();
  void follow(openStream, onEvent, onStatus, end.signal);
  return () => end.abort();
}

async function follow(
  openStream: OpenStream,
  onEvent: (event: WatchEvent) => void,
  onStatus: StatusListener,
  ended: AbortSignal,
): Promise<void> {
  let failures = 0;
  onStatus('connecting');
  while (!ended.aborted) {
    const attempt = new AbortController();
    const signal = AbortSignal.any([ended, attempt.signal]);
    let error: AppError | undefined;
    try {
      let expected: number | undefined;
      for await (const event of await openStream({ signal })) {
        if (ended.aborted) break;
        if (event.type !== 'snapshot' && event.sequence !== expected) break;
        expected = event.sequence + 1;
        onEvent(event);
        if (event.type !== 'snapshot') continue;
        failures = 0;
        onStatus('connected');
      }
    } catch (thrown) {
      error = toAppError(thrown);
    }
    // A stream that was left because of a gap still runs; a broken one is gone.
    if (error === undefined) attempt.abort();
    if (ended.aborted) return;
    const delayMs = Math.min(firstDelayMs * 2 ** failures, lastDelayMs);
    failures += 1;
    // A stream that ended in order, or lost events, is started anew without alarming anybody.
    if (error !== undefined) onStatus('lost', error);
    await delay(delayMs, ended);
  }
}

const firstDelayMs = 200;
const lastDelayMs = 5_000;

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
