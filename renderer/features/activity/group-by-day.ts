import type { ActivityEntry } from '../../../contract/machine.ts';

/** Entries by day, the newest first. */
export function groupByDay(entries: readonly ActivityEntry[]): readonly { day: string; entries: readonly ActivityEntry[] }[] {
  const days = new Map<string, ActivityEntry[]>();
  for (const entry of entries.toReversed()) {
    const day = new Date(entry.time).toLocaleDateString(undefined, { dateStyle: 'full' });
    const known = days.get(day);
    if (known === undefined) days.set(day, [entry]);
    else known.push(entry);
  }
  return [...days].map(([day, list]) => ({ day, entries: list }));
}
