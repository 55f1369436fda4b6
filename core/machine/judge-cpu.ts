import type { Problem } from '../../contract/machine.ts';
import type { VcpuTime } from '../qemu/vcpu-time.ts';

/** A host that really virtualizes spends guests' time in the guest; these bounds are far from what one does. */
const enoughSystemSeconds = 3;
const leastUserShare = 0.02;
/** Firmware alone takes more CPU time than this within the age below. */
const leastSeconds = 0.05;
const hungAfterSeconds = 10;

const wayOut = 'Force it off, set its accelerator to tcg (`bothy set NAME accelerator=tcg`) and start it again.';

/**
 * Finds a KVM whose CPU does not get anywhere: one that hangs from the start, or one where the host's kernel carries out
 * every instruction by itself, a thousand times slower than a CPU, which looks the same to a person.
 */
export function findCpuProblem(time: VcpuTime, ageSeconds: number): Problem | undefined {
  const total = time.userSeconds + time.systemSeconds;
  if (ageSeconds >= hungAfterSeconds && total < leastSeconds) {
    return {
      message: `KVM on this host does not run the machine’s CPU: it has hung since the start, ${Math.round(ageSeconds)} s ago.`,
      hint: wayOut,
    };
  }
  if (time.systemSeconds >= enoughSystemSeconds && time.userSeconds < time.systemSeconds * leastUserShare) {
    return {
      message:
        'KVM on this host carries out the guest’s instructions one by one in software, so the machine hardly gets anywhere.',
      hint: wayOut,
    };
  }
  return undefined;
}
