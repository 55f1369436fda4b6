import { freemem } from 'node:os';
import { AppError } from '../../contract/app-error.ts';

const mib = 1024 ** 2;
/** QEMU's own, with a screen. */
const qemuMiB = 48;

/** Throws `not-enough-memory` when starting it would make the host swap or kill something: judged before anything is started. */
export function checkRoom(
  { name, memoryMiB }: { readonly name: string; readonly memoryMiB: number },
  isWarm: boolean,
  // On Linux this is what programs can have without swapping (MemAvailable), not what is unused.
  availableMiB = Math.floor(freemem() / mib),
): void {
  const neededMiB = estimateNeed(memoryMiB, isWarm);
  if (neededMiB <= availableMiB) return;
  throw new AppError(
    'not-enough-memory',
    `“${name}” was not started: it would take about ${neededMiB} MiB of memory, and ${availableMiB} MiB are available.`,
    { hint: 'Stop other machines, or give it less memory.' },
  );
}

/** A clone of memory writes to few of its pages at first; a guest that boots fills its memory by and by. */
function estimateNeed(memoryMiB: number, isWarm: boolean): number {
  return qemuMiB + Math.ceil(memoryMiB * (isWarm ? 0.1 : 0.3));
}
