import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { MachineStats, MemoryStats } from '../../contract/throwaway.ts';
import type { ObservedMachine } from './observe-machine.ts';

const mib = 1024 ** 2;
/** What proc(5) counts in, on every Linux that people use. */
const ticksPerSecond = 100;

/** What a machine's QEMU uses as the kernel counts it, and what the host has left. */
export function readStats({ stored, run, process: qemu }: Pick<ObservedMachine, 'stored' | 'run' | 'process'>): MachineStats {
  const guestMiB = run?.configuration.memoryMiB ?? stored.definition?.memoryMiB ?? 0;
  const memory = qemu === undefined ? null : readMemory(qemu.pid, guestMiB * mib);
  // On Linux this is what programs can have without swapping (MemAvailable).
  const host = { totalBytes: totalmem(), availableBytes: freemem() };
  return {
    id: stored.id,
    name: stored.name,
    memory,
    cpuSeconds: qemu === undefined ? null : readCpuSeconds(qemu.pid),
    host,
    moreWouldFit: memory === null ? null : Math.floor(host.availableBytes / Math.max(mib, memory.privateDirtyBytes)),
  };
}

/** Null when it has just ended, or the kernel does not tell (proc(5), smaps_rollup). */
function readMemory(pid: number, guestBytes: number): MemoryStats | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch {
    return null;
  }
  const read = (field: string): number => Number(new RegExp(`^${field}: *([0-9]+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return {
    guestBytes,
    privateBytes: read('Private_Clean') + read('Private_Dirty'),
    privateDirtyBytes: read('Private_Dirty'),
    sharedBytes: read('Shared_Clean') + read('Shared_Dirty'),
    pssBytes: read('Pss'),
  };
}

/** Time in user and kernel mode; the guest's own counts as user time (proc(5), stat fields 14 and 15). */
function readCpuSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return null;
  }
}
