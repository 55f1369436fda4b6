import type { TakenSnapshot } from '../../contract/snapshot.ts';

/** What a person should know of how a snapshot was taken: what it holds, and how long the guest stood still. */
export function describePause({ method, pausedMs }: Pick<TakenSnapshot, 'method' | 'pausedMs'>): string {
  switch (method) {
    case 'off':
      return 'It holds the disks, the firmware’s variables and the settings.';
    case 'suspended':
      return 'It holds the disks and the memory that was saved.';
    case 'precopy':
      return `It holds the memory too. ${sayStood(pausedMs)} It holds that moment.`;
    case 'paused':
      return `It holds the memory too. ${sayStood(pausedMs)}`;
  }
}

function sayStood(pausedMs: number | null): string {
  if (pausedMs === null) return 'The guest was paused already.';
  return `The guest stood still for ${describeStill(pausedMs)}.`;
}

/** A pause as a person reads it. */
export function describeStill(pausedMs: number): string {
  return pausedMs < 1000 ? `${Math.max(1, Math.round(pausedMs))} ms` : `${(pausedMs / 1000).toFixed(1)} s`;
}
