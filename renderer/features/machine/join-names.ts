/** Names in a sentence: `a`, `a and b`, `a, b and c`. */
export function joinNames(all: readonly { readonly name: string }[]): string {
  const names = all.map(({ name }) => name);
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
