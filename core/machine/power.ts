import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { isAlive } from '../qemu/qemu-process.ts';
import type { QmpClient } from '../qemu/qmp-client.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import { changeMachine, requireState } from './change-machine.ts';
import { getDefinition } from './find-machine.ts';
import { type ObservedMachine, settle } from './observe-machine.ts';
import { rebootMachine } from './reboot-machine.ts';
import { removeRunRecord } from './run-record.ts';
import type { Site } from './site.ts';
import { startMachine } from './start-machine.ts';

/** Turns machines on and off and holds them. Each function takes the machine's lock for itself. */
export function createPower(site: Site) {
  const runtimeFolderOf = (machine: ObservedMachine): string =>
    machine.run?.runtimeFolder ?? site.store.runtimeFolderOf(machine.stored.id);

  const command = (machine: ObservedMachine, act: (monitor: QmpClient) => Promise<unknown>): Promise<void> =>
    withMonitor(runtimeFolderOf(machine), async (monitor) => {
      await act(monitor);
    });

  const forceOff = async (machine: ObservedMachine): Promise<void> => {
    const { process: qemu } = machine;
    if (qemu === undefined) return;
    const runtimeFolder = runtimeFolderOf(machine);
    let isAsked = false;
    await withMonitor(
      runtimeFolder,
      (monitor) => {
        // QEMU may be gone before its answer is.
        isAsked = true;
        return monitor.execute('quit', undefined, { timeoutMs: 2000 });
      },
      { timeoutMs: 1500 },
    ).catch(() => {});
    // Without a monitor there is the signal, which QEMU takes as `quit` too.
    if (!isAsked && isAlive(qemu)) sendSignal(qemu.pid, 'SIGTERM');
    if (!(await waitForEnd(() => isAlive(qemu), isAsked ? 3000 : 1500))) {
      if (isAlive(qemu)) sendSignal(qemu.pid, 'SIGKILL');
      if (!(await waitForEnd(() => isAlive(qemu), 5000))) {
        throw new AppError('qemu-unresponsive', `QEMU of “${machine.stored.name}” (process ${qemu.pid}) cannot be ended.`, {
          hint: 'It waits for the kernel, perhaps for a disk that does not answer.',
        });
      }
    }
    removeRunRecord(machine.stored.folder);
    rmSync(runtimeFolder, { recursive: true, force: true });
    settle(site.store, machine.stored, runtimeFolder);
  };

  return {
    start: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'start', signal, async (machine) => {
        const definition = getDefinition(machine.stored);
        if (machine.state === 'crashed') await forceOff(machine);
        else requireState(machine, ['off'], 'started');
        await startMachine(site.store, site.host, definition, signal);
      }),
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
      }),
    resume: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'resume', signal, async (machine) => {
        requireState(machine, ['paused'], 'resumed');
        await command(machine, async (monitor) => {
          const { status } = await monitor.execute<{ status: string }>('query-status');
          await monitor.execute(status === 'suspended' ? 'system_wakeup' : 'cont');
        });
      }),
    kill: (reference: string, signal?: AbortSignal) =>
      changeMachine(site, reference, 'kill', signal, async (machine) => {
        if (machine.process === undefined) requireState(machine, [], 'forced off');
        await forceOff(machine);
      }),
    reboot: (reference: string, timeoutSeconds: number, signal?: AbortSignal) =>
      rebootMachine(site, reference, timeoutSeconds, signal),
  };
}

/** Whether `isGoing` became false within the time. */
async function waitForEnd(isGoing: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (await isGoing()) {
    if (performance.now() > deadline) return false;
    await delay(4);
  }
  return true;
}

/** Sends a signal to a process that may end by itself at this very moment. */
function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
