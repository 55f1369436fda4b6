/** How many columns a text without control characters takes on a terminal. */
export function measureText(text: string): number {
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += measureCharacter(character);
  return columns;
}

/** Shortens a text to some columns; what was left out is marked at its end. */
export function cutText(text: string, columns: number, mark: string): string {
  if (measureText(text) <= columns) return text;
  const room = Math.max(0, columns - measureText(mark));
  let kept = '';
  let taken = 0;
  for (const character of text) {
    taken += measureCharacter(character);
    if (taken > room) break;
    kept += character;
  }
  return `${kept.trimEnd()}${mark}`.slice(0, Math.max(0, columns));
}

function measureCharacter(character: string): number {
  return mark.test(character) ? 0 : wide.test(character) ? 2 : 1;
}

const plain = /^[ -~]*$/;
/** What is drawn over the character before it. */
const mark = /\p{Mn}|\p{Me}/u;
/** The scripts and pictures that take two columns (Unicode Standard Annex 11). */
const wide =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
