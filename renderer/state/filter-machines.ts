import type { MachineSummary } from '../../contract/machine.ts';

/** What the machine list is narrowed to. */
export interface MachineFilter {
  readonly text: string;
  /** All of these must be on the machine. */
  readonly tags: readonly string[];
}

/** The machines that carry every tag and have every word in their name, state, tags or id. */
export function filterMachines(machines: readonly MachineSummary[], { text, tags }: MachineFilter): readonly MachineSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && tags.length === 0) return machines;
  return machines.filter((machine) => {
    if (!tags.every((tag) => machine.tags.includes(tag))) return false;
    const haystack = `${machine.name} ${machine.state} ${machine.tags.join(' ')} ${machine.id}`.toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}

/** Every tag in use with the number of machines, the most used first. */
export function countTags(machines: readonly MachineSummary[]): readonly { tag: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const tag of machines.flatMap((machine) => machine.tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].map(([tag, count]) => ({ tag, count })).sort((a, b) => b.count - a.count || a.tag.localeCompare(b.tag));
}
