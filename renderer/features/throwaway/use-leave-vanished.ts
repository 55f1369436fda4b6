import { useLayoutEffect, useRef } from 'react';
import { buildHash } from '../../state/route.ts';
import { useApp, useMachines } from '../../ui/app-context.tsx';
import { showToast } from '../../ui/show-toast.ts';

/**
 * Leads back from the page of a throwaway that is gone to where it was started, or to the start page. Whoever did not throw it away
 * here is told. Whether it does so now.
 */
export function useLeaveVanished(id: string): boolean {
  const { stores } = useApp();
  const machine = useMachines((state) => state.byId.get(id));
  const last = useRef(machine);
  const isGone = machine === undefined && last.current?.throwaway === true;
  useLayoutEffect(() => {
    if (machine !== undefined) {
      last.current = machine;
      return;
    }
    const gone = last.current;
    if (gone?.throwaway !== true) return;
    const { thrownAway, cameFrom } = stores.window.getState();
    const from = cameFrom.get(id);
    const isThere = from !== undefined && (from.page !== 'machine' || stores.machines.getState().byId.has(from.id));
    const route = isThere ? from : ({ page: 'home' } as const);
    window.location.replace(buildHash(route));
    // What had the focus is gone; whoever works by keys goes on from the page that is shown.
    document.getElementById('main')?.focus({ preventScroll: true });
    if (thrownAway.has(id)) return;
    showToast({ title: `${gone.name} is gone`, message: 'It was a throwaway: it vanished when it ended.' });
  }, [stores, id, machine]);
  return isGone;
}
