import type { MachineLink, SnapshotInfo } from '../../contract/snapshot.ts';

/**
 * The clones to show at each snapshot, by its id. A clone builds on the layers of every node on its way to the root; it is shown
 * only where it was made, which is the last of these.
 */
export function findDirectClones(
  snapshots: readonly Pick<SnapshotInfo, 'id' | 'parent' | 'clones'>[],
): ReadonlyMap<string, readonly MachineLink[]> {
  const below = new Map<string, Set<string>>();
  for (const { parent, clones } of snapshots) {
    if (parent === null) continue;
    const known = below.get(parent) ?? new Set();
    for (const { id } of clones) known.add(id);
    below.set(parent, known);
  }
  return new Map(
    snapshots.map(({ id, clones }) => {
      const direct = clones.filter((clone) => below.get(id)?.has(clone.id) !== true);
      return [id, direct.length === clones.length ? clones : direct];
    }),
  );
}
