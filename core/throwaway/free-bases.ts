import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { MachineDefinition } from '../../contract/machine.ts';
import type { MachineStore } from '../machine/machine-store.ts';
import { isInside } from '../timeline/layer-graph.ts';
import { readOwnLayer } from '../timeline/own-layer.ts';
import { markForCollection } from '../timeline/timeline-mark.ts';

/**
 * Layers that only it built on may be needed by nobody now: of an older memory of its template, which was warmed anew since, or of the
 * machine it was forked from. `folder` is where its layers are now. The next look at those machines removes them.
 */
export function freeBases(store: MachineStore, { disks }: MachineDefinition, folder: string): void {
  const backings = disks.flatMap(({ file }) => findBorrowed(join(folder, file), folder) ?? []);
  const bases = new Map(backings.map((path) => [path, relative(store.homes.machines, path).split('/')[0] ?? '']));
  const wanted = [...bases].filter(([path, id]) => {
    const base = store.find(id);
    return base?.definition != null && !isPresent(base.definition, relative(base.folder, path));
  });
  markForCollection(store, [...new Set(wanted.map(([, id]) => id))]);
}

/** The first layer of a chain that is outside of a folder. */
function findBorrowed(disk: string, folder: string): string | undefined {
  let path: string | null = disk;
  while (path !== null && isInside(folder, path)) path = existsSync(path) ? readOwnLayer(path).backing : null;
  return path ?? undefined;
}

/** Whether it is a layer that the template itself needs. */
function isPresent({ template, disks }: MachineDefinition, file: string): boolean {
  return template !== null && [...disks, ...(template.warm?.layers ?? [])].some((layer) => layer.file === file);
}
