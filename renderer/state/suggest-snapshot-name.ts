/** The next free name of the kind `Snapshot 3`. */
export function suggestSnapshotName(names: readonly string[]): string {
  const numbers = names.map((name) => Number(/^Snapshot (\d{1,9})$/.exec(name)?.[1] ?? 0));
  return `Snapshot ${Math.max(0, ...numbers) + 1}`;
}

/** A free name for the present that a restore keeps: `Before “Snapshot 3”`. */
export function suggestKeptName(restored: string, names: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const end = number === 1 ? '”' : `” (${number})`;
    const start = 'Before “';
    const room = maxNameLength - start.length - end.length;
    const name = `${start}${restored.length > room ? `${restored.slice(0, room - 1).trimEnd()}…` : restored}${end}`;
    if (!names.includes(name)) return name;
  }
}

/** What is wrong with a snapshot's name, in words; null when it can be used. */
export function findSnapshotNameProblem(name: string, taken: readonly string[]): string | null {
  if (name.trim() === '') return 'Give the snapshot a name.';
  if (name.length > maxNameLength) return `A name has at most ${maxNameLength} characters; this one has ${name.length}.`;
  if (taken.includes(name.trim())) return 'Another snapshot of this machine has this name.';
  return null;
}

/** As the core has it. */
const maxNameLength = 80;
