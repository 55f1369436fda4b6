import { AppError } from '../../contract/app-error.ts';

/** Splits a line into words as a shell does, with quotes and backslashes but no expansion of any kind. */
export function parseWords(text: string, label: string): string[] {
  const words: string[] = [];
  const token = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let word: string | null = null;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) {
      throw new AppError('invalid-input', `${label}: a quote is not closed in “${text}”.`, {
        hint: 'Close the quote, or put a backslash before it.',
      });
    }
    const piece = match[1] ?? match[2]?.replace(/\\(["\\$`])/g, '$1') ?? match[3] ?? match[4];
    if (piece !== undefined) word = (word ?? '') + piece;
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}
