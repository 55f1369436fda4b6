/** Makes text from outside safe to print: no control character, no trick with the writing direction reaches the terminal. */
export function escapeText(text: string): string {
  // Nearly all text is this plain, and a list has thousands of cells.
  if (plain.test(text)) return text;
  return text.replace(unsafe, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same for text of several lines, which stay lines. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

const plain = /^[ -~]*$/;
/** Unicode's control, format and surrogate characters, and its two line separators. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
