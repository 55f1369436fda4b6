import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../contract/app-error.ts';
import { isAlive } from '../qemu/qemu-process.ts';
import { endTpmEmulator } from '../qemu/tpm-emulator.ts';
import { withMonitor } from '../qemu/with-monitor.ts';
import type { MachineStore } from './machine-store.ts';
import { type ObservedMachine, settle } from './observe-machine.ts';
import { removeRunRecord } from './run-record.ts';

/** Ends the QEMU of a machine, politely, then not, and settles the run. The caller holds the machine's lock. */
export async function forceOff(store: MachineStore, machine: ObservedMachine): Promise<void> {
  const { process: qemu } = machine;
  if (qemu === undefined) return;
  const runtimeFolder = machine.run?.runtimeFolder ?? store.runtimeFolderOf(machine.stored.id);
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
  if (machine.run?.configuration.tpm != null) await endTpmEmulator(machine.stored.folder, runtimeFolder);
  removeRunRecord(machine.stored.folder);
  rmSync(runtimeFolder, { recursive: true, force: true });
  settle(store, machine.stored, runtimeFolder);
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
