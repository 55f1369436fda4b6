import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** No file of ours comes near this; a larger one is not ours. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Reads a text file that others may have put there: what is no file (a named pipe would block for ever), or is far too
 * large, throws like one that cannot be read.
 */
export function readSmallFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new Error('it is not a file');
    if (status.size > maxBytes) throw new Error(`it has ${status.size} bytes, more than any that Bothy writes`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}
