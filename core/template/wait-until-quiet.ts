import { setTimeout as delay } from 'node:timers/promises';
import { findVcpuTime } from '../qemu/vcpu-time.ts';

/** A guest is quiet when its CPUs worked for less than this share of a while. One that does nothing takes some hundredths. */
const quietShare = 0.1;
const lookMs = 100;

/** How long it is to be quiet, and for how long that is waited for, in ms. */
export interface Patience {
  readonly quietMs: number;
  readonly longestMs: number;
}

/** After a boot, in which a guest now and then waits for something; and when somebody chose the moment, who does not want another one. */
export const patience = {
  boot: { quietMs: 2000, longestMs: 60_000 },
  moment: { quietMs: 1000, longestMs: 2000 },
} as const satisfies Record<string, Patience>;

/**
 * Waits until a guest has nothing to do, at most for a time. What it is busy with when it is frozen, such as services that start and addresses
 * that are being agreed on, each of its clones goes on with before it gets to its command.
 */
export async function waitUntilQuiet(
  pid: number,
  { quietMs, longestMs }: Patience,
  signal: AbortSignal | undefined,
): Promise<void> {
  const samples: { at: number; busyMs: number }[] = [];
  for (const begin = performance.now(); performance.now() - begin < longestMs; ) {
    const time = findVcpuTime(pid);
    if (time === undefined || signal?.aborted === true) return;
    const now = { at: performance.now(), busyMs: (time.userSeconds + time.systemSeconds) * 1000 };
    while ((samples[1]?.at ?? Number.POSITIVE_INFINITY) <= now.at - quietMs) samples.shift();
    const [first] = samples;
    if (first !== undefined && now.at - first.at >= quietMs && now.busyMs - first.busyMs < quietShare * (now.at - first.at))
      return;
    samples.push(now);
    await delay(lookMs);
  }
}
