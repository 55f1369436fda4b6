import type { SnapshotInfo } from '../../contract/snapshot.ts';

/** All snapshots that grew from one, in the order given. */
export function listDescendants<T extends Pick<SnapshotInfo, 'id' | 'parent'>>(
  snapshots: readonly T[],
  id: string,
): readonly T[] {
  const found = new Set([id]);
  for (let count = 0; count !== found.size; ) {
    count = found.size;
    for (const { id: child, parent } of snapshots) if (parent !== null && found.has(parent)) found.add(child);
  }
  return snapshots.filter((snapshot) => snapshot.id !== id && found.has(snapshot.id));
}
