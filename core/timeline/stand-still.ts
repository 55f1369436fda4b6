import { AppError } from '../../contract/app-error.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import type { TimelineChange } from './change-timeline.ts';

/** Does something while the guest of a machine that is on stands still for a moment; then it is as before, running or paused. */
export function standStill(change: TimelineChange, act: (monitor: QmpClient) => Promise<void>): Promise<void> {
  return change.withMachine(async ({ process, run, state }) => {
    if (process === undefined || run === undefined) {
      throw new AppError('wrong-state', `“${change.name}” was turned off meanwhile.`, { hint: 'Try again.' });
    }
    await withMonitor(run.runtimeFolder, async (monitor) => {
      if (state !== 'running') {
        await act(monitor);
        return;
      }
      change.writeNote({ isGuestStopped: true });
      await monitor.execute('stop');
      try {
        await act(monitor);
      } finally {
        await monitor.execute('cont');
        change.writeNote({ isGuestStopped: false });
      }
    });
  });
}
