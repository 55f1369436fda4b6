import { useCallback, useEffect, useRef, useState } from 'react';
import { type AppErrorData, errorToData } from '../../contract/app-error.ts';

/** One action of a dialog or form: whether it runs, how it failed, and how to give it up. */
export interface ActionState {
  readonly isBusy: boolean;
  readonly error: AppErrorData | null;
  /** Runs the work unless one runs already; tells whether it succeeded. */
  run(work: (signal: AbortSignal) => Promise<unknown>): Promise<boolean>;
  cancel(): void;
  clearError(): void;
  /** Whether what asked is still on the page: work goes on after a dialog was closed, and another one may be open by then. */
  isShown(): boolean;
}

/** Handles busy, cancel and error once for everything that asks the core for a change. */
export function useAction(): ActionState {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<AppErrorData | null>(null);
  const controller = useRef<AbortController | null>(null);
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);

  const run = useCallback(async (work: (signal: AbortSignal) => Promise<unknown>) => {
    if (controller.current !== null) return false;
    const own = new AbortController();
    controller.current = own;
    setBusy(true);
    setError(null);
    try {
      await work(own.signal);
      return true;
    } catch (thrown) {
      if (isMounted.current && !own.signal.aborted) setError(errorToData(thrown));
      return false;
    } finally {
      controller.current = null;
      if (isMounted.current) setBusy(false);
    }
  }, []);
  const cancel = useCallback(() => controller.current?.abort(), []);
  const clearError = useCallback(() => setError(null), []);
  const isShown = useCallback(() => isMounted.current, []);
  return { isBusy, error, run, cancel, clearError, isShown };
}
