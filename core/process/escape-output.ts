/** Makes a tool's output safe to print: control characters become visible, and only the last `maxCharacters` stay. */
export function escapeOutput(text: string, maxCharacters = 4000): string {
  const tail = text.length > maxCharacters ? `…${text.slice(-maxCharacters)}` : text;
  return tail.trim().replace(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Everything of Unicode's "other" classes (control, format, surrogate) but tab and newline. */
const unprintable = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}]/gu;
