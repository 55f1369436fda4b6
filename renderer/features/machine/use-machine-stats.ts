import { useEffect, useState } from 'react';
import type { MachineStats } from '../../../contract/throwaway.ts';
import { useApp } from '../../ui/app-context.tsx';

const refreshMs = 3000;
const none: ReadonlyMap<string, MachineStats> = new Map();

/** What machines use at this moment, by id, read again every few seconds while the window is seen; what cannot be read is left out. */
export function useMachineStats(ids: readonly string[]): ReadonlyMap<string, MachineStats> {
  const { client } = useApp();
  const key = ids.join(' ');
  const [read, setRead] = useState<{ key: string; stats: ReadonlyMap<string, MachineStats> }>({ key: '', stats: none });
  useEffect(() => {
    const controller = new AbortController();
    const wanted = key === '' ? [] : key.split(' ');
    let isReading = false;
    const look = async () => {
      if (isReading || document.visibilityState !== 'visible') return;
      isReading = true;
      const all = await Promise.all(
        wanted.map((machine) => client.call.machine.stats({ machine }, { signal: controller.signal }).catch(() => undefined)),
      );
      isReading = false;
      if (!controller.signal.aborted)
        setRead({ key, stats: new Map(all.flatMap((one) => (one === undefined ? [] : [[one.id, one]]))) });
    };
    void look();
    const timer = setInterval(() => void look(), refreshMs);
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [client, key]);
  return read.key === key ? read.stats : none;
}
