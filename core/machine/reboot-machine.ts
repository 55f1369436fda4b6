import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { findAgent } from '../agent/agent-client.ts';
import { isAlive, type ProcessIdentity } from '../qemu/qemu-process.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { machineFile } from '../storage/file-names.ts';
import { followEvents } from '../watch/follow-events.ts';
import { changeMachine, requireState } from './change-machine.ts';
import type { Site } from './site.ts';

/** What was asked of a guest that has no agent, and where its answer will be seen. */
interface Asked {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly runtimeFolder: string;
  readonly process: ProcessIdentity;
  readonly atMs: number;
}

/**
 * Restarts the guest through its own shutdown: by its agent, else by the power button with QEMU told to stay when the guest
 * powers off, and a reset then. Neither the lock nor a monitor is held while the guest takes its time, so it can be forced
 * off meanwhile. When the guest does not react, everything is as before.
 */
export async function rebootMachine(
  site: Site,
  reference: string,
  timeoutSeconds: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = await changeMachine(site, reference, 'reboot', signal, async (machine): Promise<Asked | undefined> => {
    requireState(machine, ['running'], 'rebooted');
    const { stored, process } = machine;
    const runtimeFolder = machine.run?.runtimeFolder ?? site.store.runtimeFolderOf(stored.id);
    if (process === undefined || (await rebootByAgent(runtimeFolder))) return undefined;
    const atMs = Date.now();
    await withMonitor(runtimeFolder, async (monitor) => {
      await monitor.execute('set-action', { shutdown: 'pause' });
      await monitor.execute('system_powerdown');
    });
    return { id: stored.id, name: stored.name, folder: stored.folder, runtimeFolder, process, atMs };
  });
  if (asked === undefined) return;
  const isOff = await waitForShutdown(asked, timeoutSeconds, signal);
  await changeMachine(site, asked.id, 'reboot', undefined, async (machine) => {
    if (machine.process?.pid !== asked.process.pid || machine.process.startTicks !== asked.process.startTicks) {
      throw new AppError('wrong-state', `“${asked.name}” was ended while it shut down for a reboot.`, {
        hint: 'Start it again.',
      });
    }
    await withMonitor(asked.runtimeFolder, (monitor) => comeBack(monitor));
  });
  if (isOff) return;
  if (signal?.aborted === true)
    throw new AppError('cancelled', `Rebooting “${asked.name}” was cancelled; the guest may still shut down.`);
  throw new AppError('timed-out', `“${asked.name}” did not shut down within ${timeoutSeconds} s of its power button.`, {
    hint: 'The guest may ignore the button; `bothy reset NAME` restarts it without asking.',
  });
}

async function rebootByAgent(runtimeFolder: string): Promise<boolean> {
  const agent = await findAgent(runtimeFolder);
  if (agent === undefined) return false;
  await agent.send('guest-shutdown', { mode: 'reboot' });
  agent.close();
  return true;
}

const lookMs = 100;

/** Whether the guest shut down in time; false also when cancelled or when its QEMU ended. */
async function waitForShutdown(asked: Asked, timeoutSeconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  const follower = followEvents(join(asked.folder, machineFile.events), asked.atMs, () => {});
  try {
    while (performance.now() < deadline && signal?.aborted !== true && isAlive(asked.process)) {
      if (follower.take().some(({ event }) => event === 'SHUTDOWN')) return true;
      await delay(lookMs);
    }
    return false;
  } finally {
    follower.close();
  }
}

/** Lets QEMU end with its guest again; one that stayed is reset and runs. */
async function comeBack(monitor: QmpClient): Promise<void> {
  await monitor.execute('set-action', { shutdown: 'poweroff' });
  // QEMU says SHUTDOWN a moment before it stops.
  for (let tries = 0; tries < 20; tries += 1) {
    const { status } = await monitor.execute<{ status: string }>('query-status');
    if (status === 'shutdown') {
      await monitor.execute('system_reset');
      await monitor.execute('cont');
      return;
    }
    await delay(5);
  }
}
