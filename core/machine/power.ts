import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { throwAway } from '../throwaway/vanish.ts';
import { recoverTimeline } from '../timeline/change-timeline.ts';
import { discardMemory, startFromTimeline } from '../timeline/start-from-timeline.ts';
import { noteStaysPaused } from '../timeline/timeline-mark.ts';
import { changeMachine, requireState } from './change-machine.ts';
import { getMachine } from './find-machine.ts';
import { forceOff } from './force-off.ts';
import type { ObservedMachine } from './observe-machine.ts';
import { rebootMachine } from './reboot-machine.ts';
import type { Site } from './site.ts';

/** Turns machines on and off and holds them. Each function takes the machine's lock for itself. */
export function createPower(site: Site) {
  const runtimeFolderOf = (machine: ObservedMachine): string =>
    machine.run?.runtimeFolder ?? site.store.runtimeFolderOf(machine.stored.id);

  const command = (machine: ObservedMachine, act: (monitor: QmpClient) => Promise<unknown>): Promise<void> =>
    withMonitor(runtimeFolderOf(machine), async (monitor) => {
      await act(monitor);
    });

  return {
    start: (reference: string, signal?: AbortSignal) => startFromTimeline(site, reference, { signal }),
    shutdown: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'shutdown', signal, async (machine) => {
        requireState(machine, ['running'], 'shut down');
        await command(machine, async (monitor) => {
          // A reboot whose face was killed may have told QEMU to stay.
          await monitor.execute('set-action', { shutdown: 'poweroff' });
          await monitor.execute('system_powerdown');
        });
      }),
    reset: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'reset', signal, async (machine) => {
        if (machine.process === undefined || machine.state !== 'crashed') requireState(machine, ['running', 'paused'], 'reset');
        await command(machine, async (monitor) => {
          await monitor.execute('system_reset');
          if (machine.state === 'crashed') await monitor.execute('cont');
        });
      }),
    pause: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'pause', signal, async (machine) => {
        requireState(machine, ['running'], 'paused');
        await command(machine, (monitor) => monitor.execute('stop'));
        noteStaysPaused(site.store, machine.stored.id);
      }),
    resume: async (reference: string, signal?: AbortSignal) => {
      // Its guest may only stand still because somebody died while the layers of its disks were switched.
      await recoverTimeline(site, getMachine(site.store, reference).id);
      await changeMachine(site, reference, 'resume', signal, async (machine) => {
        requireState(machine, ['paused'], 'resumed');
        await command(machine, async (monitor) => {
          const { status } = await monitor.execute<{ status: string }>('query-status');
          await monitor.execute(status === 'suspended' ? 'system_wakeup' : 'cont');
        });
      });
    },
    /** Of a suspended machine it throws away the memory, and a throwaway as a whole. */
    kill: async (reference: string, signal?: AbortSignal, ifThrowaway = false) => {
      const stored = getMachine(site.store, reference);
      if (stored.definition?.throwaway != null) return throwAway(site, stored, signal);
      if (ifThrowaway) return;
      const isSuspended = await changeMachine(site, stored, 'kill', signal, async (machine) => {
        if (machine.state === 'suspended') return true;
        if (machine.process === undefined) requireState(machine, [], 'forced off');
        await forceOff(site.store, machine);
        return false;
      });
      if (isSuspended) await discardMemory(site, reference, { signal });
    },
    reboot: (reference: string, timeoutSeconds: number, signal?: AbortSignal) =>
      rebootMachine(site, reference, timeoutSeconds, signal),
  };
}
