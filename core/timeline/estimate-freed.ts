import { countSharedBytes, readAllocation } from '../image/read-allocation.ts';
import type { PlannedMerge } from './plan-collection.ts';

/** What merging gives back: the clusters that both layers hold, of which one remains. Bytes. */
export function estimateFreed(merges: readonly PlannedMerge[]): number {
  return merges.reduce((sum, { from, into }) => sum + countShared(from, into), 0);
}

/** A running machine may change its tables under our eyes; an estimate does not have to be more. */
function countShared(from: string, into: string): number {
  try {
    return countSharedBytes(readAllocation(from), readAllocation(into));
  } catch {
    return 0;
  }
}
