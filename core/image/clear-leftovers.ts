import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MachineStore } from '../machine/machine-store.ts';
import { readSmallFile } from '../storage/read-small-file.ts';
import { readImageTable } from './image-table.ts';
import { leftoversFile, removeWorkshop } from './workshop.ts';

/** Removes those of the files that no machine reaches and nothing builds on. The caller holds the disks of their machine. */
export function clearLeftovers(store: MachineStore, files: readonly string[]): void {
  const table = readImageTable(store);
  for (const file of files) {
    const entry = table.get(file);
    if (entry?.role === 'orphan' && entry.dependents.length === 0) rmSync(file, { force: true });
  }
}

/** Removes the workshop of a killed process, and what it has noted. A note that cannot be read was not finished: nothing had been done. */
export function clearWorkshop(store: MachineStore, workshop: string): void {
  clearNoted(store, workshop);
  removeWorkshop(workshop);
}

function clearNoted(store: MachineStore, workshop: string): void {
  const note = join(workshop, leftoversFile);
  if (!existsSync(note)) return;
  let files: unknown;
  try {
    files = JSON.parse(readSmallFile(note));
  } catch {
    return;
  }
  if (Array.isArray(files))
    clearLeftovers(
      store,
      files.filter((file) => typeof file === 'string'),
    );
}
