import type { CommandEntry, CommandTable } from './command-table.ts';

/** What the plain words at the start of a line name: a command, a group of commands such as `snapshot`, or neither. */
export type FoundCommand =
  | { readonly kind: 'command'; readonly path: readonly string[]; readonly entry: CommandEntry }
  | { readonly kind: 'group' | 'unknown'; readonly path: readonly string[] };

/** Looks the first words of a line up. No word at all is the group of everything. */
export function findCommand(table: CommandTable, words: readonly string[]): FoundCommand {
  const isGroup = listGroup(table, words[0] ?? '').length > 0;
  const path = words.slice(0, isGroup ? 2 : 1);
  if (path.length === (isGroup ? 1 : 0)) return { kind: 'group', path };
  const name = path.join(' ');
  // One word with a space in it is no name.
  const entry = name.split(' ').length === path.length && Object.hasOwn(table, name) ? table[name] : undefined;
  return entry === undefined ? { kind: 'unknown', path } : { kind: 'command', path, entry };
}

/** What can be typed first, in the order of the table: commands, and groups with the words that may follow them. */
export function listTopLevel(
  table: CommandTable,
): readonly { readonly name: string; readonly summary: string; readonly isGroup: boolean }[] {
  const names = new Set(Object.keys(table).map((key) => key.split(' ')[0] ?? ''));
  return [...names].map((name) => {
    const group = listGroup(table, name);
    const summary = group.length > 0 ? group.map(([word]) => word).join(', ') : (table[name]?.summary ?? '');
    return { name, summary, isGroup: group.length > 0 };
  });
}

/** The commands of a group, each by the word that follows the group's name; none for what is no group. */
export function listGroup(table: CommandTable, group: string): readonly (readonly [string, CommandEntry])[] {
  const start = `${group} `;
  return Object.entries(table).flatMap(([key, entry]) =>
    key.startsWith(start) ? [[key.slice(start.length), entry] as const] : [],
  );
}
