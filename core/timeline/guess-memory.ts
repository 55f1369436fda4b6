import { readFileSync } from 'node:fs';
import type { ObservedMachine } from '../machine/observe-machine.ts';

/** Besides the guest's memory: the state of its devices, the screen's memory among them. */
const devicesBytes = 32 * 1024 * 1024;

/**
 * The most that saving the memory of a machine can take, in bytes: what the kernel keeps for its QEMU (proc(5), VmRSS and
 * VmSwap), since memory the guest never touched is not saved, and no more than the guest has at all.
 */
export function guessMemoryBytes({ run, process }: ObservedMachine): number {
  const all = (run?.configuration.memoryMiB ?? 0) * 1024 * 1024 + devicesBytes;
  if (process === undefined) return all;
  try {
    const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
    const read = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
    const used = read('VmRSS') + read('VmSwap');
    return Number.isNaN(used) ? all : Math.min(all, used);
  } catch {
    return all;
  }
}
