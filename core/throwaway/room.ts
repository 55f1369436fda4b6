import { AppError } from '../../contract/app-error.ts';

/** How much may be at work at once. */
export interface RoomLimits {
  readonly places: number;
  /** Memory in MiB for all together; one that needs more than this comes in when nobody else is there. */
  readonly memoryMiB: number;
}

/** Lets work in one after the other, as long as there are places and memory. */
export interface Room {
  /** Waits for a place, in the order of asking, and gives what leaves it. Throws `cancelled` after the signal. */
  enter(memoryMiB: number, signal: AbortSignal): Promise<() => void>;
}

export function createRoom(limits: RoomLimits): Room {
  const waiting: { memoryMiB: number; enter: () => void }[] = [];
  let inside = 0;
  let usedMiB = 0;
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const hasRoom = inside < limits.places && usedMiB + next.memoryMiB <= limits.memoryMiB;
      if (!hasRoom && inside > 0) return;
      waiting.shift();
      inside += 1;
      usedMiB += next.memoryMiB;
      next.enter();
    }
  };
  return {
    enter: (memoryMiB, signal) =>
      new Promise((resolve, reject) => {
        const entry = {
          memoryMiB,
          enter: () => {
            signal.removeEventListener('abort', giveUp);
            resolve(leave);
          },
        };
        const leave = (): void => {
          inside -= 1;
          usedMiB -= memoryMiB;
          admit();
        };
        const giveUp = (): void => {
          const place = waiting.indexOf(entry);
          if (place >= 0) waiting.splice(place, 1);
          reject(new AppError('cancelled', 'It was cancelled before it began.'));
          admit();
        };
        if (signal.aborted) return giveUp();
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(entry);
        admit();
      }),
  };
}
