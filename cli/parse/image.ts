import { AppError } from '../../contract/app-error.ts';
import type { Positional } from '../command.ts';
import { parsePath } from './path.ts';
import { parseDiskSize } from './size.ts';

/** The IMAGE that the image commands take. */
export const imageArgument: Positional = {
  name: 'IMAGE',
  description: 'a file, or MACHINE:DISK such as web:disk0',
  complete: 'image',
};

/** What the help of each of these commands says of IMAGE. */
export const imageDetails =
  'IMAGE is a file, or MACHINE:DISK (`web:disk0`) for what a disk of a machine is written to now. A file whose name looks like ' +
  'that is meant when its path has a slash: `./web:disk0`.';

/** Makes a path absolute, and leaves MACHINE:DISK as it is. */
export function parseImage(text: string): string {
  return /^[^/:]+:disk[0-9]+$/.test(text) ? text : parsePath(text);
}

/** A size such as `20G`, or how much larger than now: `+5G`. */
export async function parseNewSize(text: string, readSize: () => Promise<number | null>): Promise<number> {
  if (!text.startsWith('+')) return parseDiskSize(text, 'SIZE');
  const more = parseDiskSize(text.slice(1), 'SIZE');
  const now = await readSize();
  if (now === null) {
    throw new AppError('invalid-input', 'How large the image is now cannot be told.', {
      hint: 'Give the whole size, such as 40G.',
    });
  }
  return now + more;
}
