import { useCallback, useEffect, useState } from 'react';
import { type AppErrorData, errorToData } from '../../../contract/app-error.ts';
import type { MachineInfo } from '../../../contract/machine.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';

export interface MachineDetail {
  readonly info: MachineInfo | null;
  readonly error: AppErrorData | null;
  /** Reads it anew, or takes what an operation gave back. */
  refresh(known?: MachineInfo): void;
}

const refreshMs = 10_000;

/** All there is to know of a machine, read again after each change and, while it runs, now and then. */
export function useMachineInfo(id: string): MachineDetail {
  const { client } = useApp();
  const revision = useMachines((state) => state.revisions.get(id));
  const isRunning = useMachines((state) => state.byId.get(id)?.state === 'running');
  const [round, setRound] = useState(0);
  const [read, setRead] = useState<{ id: string; info: MachineInfo | null; error: AppErrorData | null } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: revision and round say when to read again
  useEffect(() => {
    const controller = new AbortController();
    client.call.machine.info({ machine: id }, { signal: controller.signal }).then(
      (info) => {
        if (!controller.signal.aborted) setRead({ id, info, error: null });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setRead((before) => ({ id, info: before?.id === id ? before.info : null, error: errorToData(error) }));
      },
    );
    return () => controller.abort();
  }, [client, id, revision, round]);

  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setRound((count) => count + 1);
    }, refreshMs);
    return () => clearInterval(timer);
  }, [isRunning]);

  const refresh = useCallback((known?: MachineInfo) => {
    if (known === undefined) setRound((count) => count + 1);
    else setRead({ id: known.id, info: known, error: null });
  }, []);
  return read?.id === id ? { info: read.info, error: read.error, refresh } : { info: null, error: null, refresh };
}
