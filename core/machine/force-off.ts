import { rmSync } from 'node:fs';
import { buildUnendable, sendSignal, waitForEnd } from '../qemu/end-process.ts';
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
  if (!isAsked && isAlive(qemu)) sendSignal(qemu, 'SIGTERM');
  if (!(await waitForEnd(qemu, isAsked ? 3000 : 1500))) {
    if (isAlive(qemu)) sendSignal(qemu, 'SIGKILL');
    if (!(await waitForEnd(qemu, 5000))) throw buildUnendable(qemu, machine.stored.name);
  }
  if (machine.run?.configuration.tpm != null) await endTpmEmulator(machine.stored.folder, runtimeFolder);
  removeRunRecord(machine.stored.folder);
  rmSync(runtimeFolder, { recursive: true, force: true });
  settle(store, machine.stored, runtimeFolder);
}
