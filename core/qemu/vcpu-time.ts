import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of a QEMU's virtual CPUs so far, in seconds. */
export interface VcpuTime {
  /** In the guest or in QEMU: real work. A guest's own time counts here (proc(5), `guest_time`). */
  readonly userSeconds: number;
  /** In the host's kernel, on the guest's behalf. */
  readonly systemSeconds: number;
}

/** What proc(5) counts in, on every Linux that people use. */
const ticksPerSecond = 100;

/** Adds up the threads that QEMU names `CPU n/KVM`, `CPU n/TCG` or `ALL CPUs/TCG` (`-name debug-threads=on`); undefined when there are none. */
export function findVcpuTime(pid: number): VcpuTime | undefined {
  let user = 0;
  let system = 0;
  let count = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      const end = stat.lastIndexOf(')');
      if (!/\((?:CPU [0-9]+\/(?:KVM|TCG)|ALL CPUs\/TCG)$/.test(stat.slice(0, end))) continue;
      const fields = stat.slice(end + 2).split(' ');
      user += Number(fields[11]);
      system += Number(fields[12]);
      count += 1;
    }
  } catch {
    return undefined;
  }
  return count === 0 ? undefined : { userSeconds: user / ticksPerSecond, systemSeconds: system / ticksPerSecond };
}
