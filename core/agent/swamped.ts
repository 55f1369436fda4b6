import { findByPidFile } from '../qemu/qemu-process.ts';
import { findVcpuTime } from '../qemu/vcpu-time.ts';

/** A guest that has nothing to do takes some hundredths of a CPU; one of twenty that are all at work on two CPUs a tenth. */
const busyShare = 0.04;

/** Tells whether a guest has been at work since: then it is not silent, but has yet to come to what it was asked. */
export function watchWork(runtimeFolder: string): () => boolean {
  const pid = findByPidFile(runtimeFolder)?.pid;
  const begin = performance.now();
  const before = pid === undefined ? undefined : findVcpuTime(pid);
  return () => {
    const now = pid === undefined ? undefined : findVcpuTime(pid);
    if (before === undefined || now === undefined) return false;
    const worked = now.userSeconds + now.systemSeconds - before.userSeconds - before.systemSeconds;
    return worked > (busyShare * (performance.now() - begin)) / 1000;
  };
}
