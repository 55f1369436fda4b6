import type { MachineSummary } from '../../contract/machine.ts';
import type { ObservedMachine } from './observe-machine.ts';

/** The row of the list. */
export function summarise({ stored, state, run, process }: ObservedMachine): MachineSummary {
  const { definition } = stored;
  return {
    id: stored.id,
    name: stored.name,
    state,
    accelerator: process === undefined ? null : (run?.accelerator ?? null),
    memoryMiB: definition?.memoryMiB ?? null,
    cpus: definition?.cpus ?? null,
    tags: definition?.tags ?? [],
    throwaway: definition?.throwaway != null,
    ...(definition?.throwaway?.expiresAt == null ? {} : { expiresAt: definition.throwaway.expiresAt }),
    template: definition?.origin?.name ?? null,
    createdAt: definition?.createdAt ?? null,
  };
}
